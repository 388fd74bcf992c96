import { argument, type Context } from "../context.ts";
import { grantDocument, grantFacts } from "../grant-facts.ts";
import { printJson } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const broker = await context.openBroker();
  const grant = broker.grants.get(argument(context, 0));
  if (context.json) return printJson(context, grantDocument(grant));
  grantFacts(context, grant);
};
