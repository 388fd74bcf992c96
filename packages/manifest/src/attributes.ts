/** What a schema says of its attributes, for command lines, forms and masks. */
import type { JsonSchema } from "./manifest.ts";
import { isSchema } from "./is-schema.ts";

/** Attributes in the order of a form. */
export const attributesOf = (schema: JsonSchema): readonly (readonly [name: string, schema: JsonSchema])[] =>
  Object.entries(schema.properties ?? {}).toSorted(
    ([, a], [, b]) => Number(a["x-order"] ?? 0) - Number(b["x-order"] ?? 0),
  );

const holdsSecret = (schema: JsonSchema): boolean =>
  schema["writeOnly"] === true ||
  Object.values(schema.properties ?? {}).some(holdsSecret) ||
  [schema["items"], schema.additionalProperties, ...[schema["anyOf"]].flat()].some(
    (one) => isSchema(one) && holdsSecret(one),
  );
/** Top-level attributes that are secret, or hold one. */
export const secretFieldsOf = (schema: JsonSchema): readonly string[] =>
  attributesOf(schema).flatMap(([name, one]) => (holdsSecret(one) ? [name] : []));

/**
 * Attributes given together (`--region=… --secretAccessKey=…`) → those of the configuration and those of the secret.
 * What neither knows stays with the configuration, whose validation then names it.
 */
export const splitConfig = (
  values: Readonly<Record<string, unknown>>,
  secret: JsonSchema | null,
): { readonly config: Readonly<Record<string, unknown>>; readonly secret: Readonly<Record<string, unknown>> } => {
  const isSecret = ([name]: readonly [string, unknown]) => Object.hasOwn(secret?.properties ?? {}, name);
  const entries = Object.entries(values);
  return {
    config: Object.fromEntries(entries.filter((one) => !isSecret(one))),
    secret: Object.fromEntries(entries.filter(isSecret)),
  };
};
