import { type Context, list, text } from "../context.ts";
import { assignments } from "../fields.ts";
import { moment, pairs, print, printJson, table } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const { options } = context;
  const broker = await context.openBroker();
  const found = broker.connectors.list({
    name: text(options, "name"),
    type: text(options, "type"),
    resourceType: text(options, "resourceType"),
    resourceId: text(options, "resourceId"),
    labels: assignments(list(options, "label"), "--label"),
  });
  if (context.json) return printJson(context, found);
  table(
    context,
    ["NAME", "TYPE", "METHOD", "RESOURCE TYPES", "RESOURCE", "LABELS", "VERIFIED"],
    found.map((one) => [
      one.name,
      one.type,
      one.authMethod,
      one.resourceTypes,
      one.resourceId ?? "all",
      pairs(one.labels),
      moment(one.verifiedAt) ?? "never",
    ]),
  );
  if (found.length === 0) {
    const any = broker.connectors.list().length > 0;
    print(
      context,
      any ? "No connector fits." : "There are no connectors yet. Register one: keywright connector register -i",
    );
  }
};
