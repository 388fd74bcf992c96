import { argument, type Context } from "../context.ts";
import { moment, print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";
import { savedDocument, saveOptions } from "../registering.ts";

export const run = async (context: Context): Promise<void> => {
  const broker = await context.openBroker();
  const { name } = broker.connectors.get(argument(context, 0));
  const saved = await withProgress(context, `Waiting for the login of ${name}`, (progress) =>
    broker.connectors.authenticate(name, saveOptions(context, name, progress)),
  );
  if (context.json) return printJson(context, savedDocument(saved));
  const until = moment(saved.connector.authenticatedUntil);
  print(context, `${name} is authenticated${until === null ? "" : ` until ${until}`}.`);
};
