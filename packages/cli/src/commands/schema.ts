/** Prints the JSON Schema of a file that Keywright reads; that of the answers knows the plugins that are here. */
import { KeywrightError } from "@keywright/core/errors";
import { didYouMean } from "@keywright/core/nearest";
import { readCatalog } from "../catalog.ts";
import { argument, type Context } from "../context.ts";
import { answersSchemaOf, configurationSchema, lockSchema, manifestSchema } from "../file-schemas.ts";
import { printJson } from "../output.ts";

const schemas = {
  configuration: () => configurationSchema,
  lock: () => lockSchema,
  manifest: () => manifestSchema,
  answers: (context: Context) => answersSchemaOf(readCatalog(context).sources),
};
const isKnown = (name: string): name is keyof typeof schemas => Object.hasOwn(schemas, name);

export const run = async (context: Context): Promise<void> => {
  const name = argument(context, 0);
  if (!isKnown(name))
    throw new KeywrightError("usage", `There is no schema ${name}.${didYouMean(name, Object.keys(schemas))}`, {
      hint: `There are: ${Object.keys(schemas).join(", ")}.`,
    });
  printJson(context, schemas[name](context));
};
