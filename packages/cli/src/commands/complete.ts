import type { Context } from "../context.ts";
import { print, printJson } from "../output.ts";
import { connectorNames } from "../peek.ts";

export const run = async (context: Context): Promise<void> => {
  const names = connectorNames(context.environment);
  if (context.json) return printJson(context, names);
  for (const name of names) print(context, name);
};
