/** Options of a command line as fields of a connector type: matched to the manifest, converted, checked. */
import { KeywrightError } from "@keywright/core/errors";
import { didYouMean, nearest } from "@keywright/core/nearest";
import type { JsonSchema, Manifest, ManifestAuthMethod, ManifestConnector } from "@keywright/manifest";
import { check } from "@keywright/manifest/validate";
import { camel, type Given, shown } from "./arguments.ts";
import type { Context } from "./context.ts";
import { fieldsOf, kebab, type SchemaField } from "./schema-fields.ts";
import { askSecret, largestValue, missingSecret, secretValue } from "./secret-values.ts";

export type Subject = {
  readonly type: ManifestConnector;
  readonly manifest: Manifest;
  readonly method: ManifestAuthMethod;
};
export const secretSchemaOf = ({ manifest, method }: Pick<Subject, "manifest" | "method">): JsonSchema | null =>
  manifest.secretSchemas.find((one) => one.id === method.secret)?.schema ?? null;

export type Sorted = {
  readonly config: ReadonlyMap<string, readonly string[]>;
  readonly secret: ReadonlyMap<string, string>;
};

const unknown = (
  given: string,
  subject: Subject,
  known: readonly string[],
  options: readonly string[],
): KeywrightError => {
  const { type, method, manifest } = subject;
  const name = camel(given);
  const others = type.authMethods.filter(
    (one) =>
      name in (one.config.properties ?? {}) || name in (secretSchemaOf({ manifest, method: one })?.properties ?? {}),
  );
  const near = nearest(name, known);
  const option = nearest(given, options);
  const meant =
    near !== null
      ? ` Did you mean --${kebab(near)}?`
      : option !== null
        ? didYouMean(given, options).replace("mean ", "mean --")
        : "";
  const elsewhere =
    others.length > 0 && near === null ? ` It belongs to ${others.map((one) => one.id).join(", ")}.` : "";
  return new KeywrightError(
    "config-invalid",
    `${type.id} ${method.id} has no field ${shown(given)}.${meant}${elsewhere}`,
    {
      hint: `keywright connector describe-type ${type.id} -a ${method.id} shows its fields: ${known.join(", ")}.`,
      data: { field: given, known },
    },
  );
};

/** Which of them are configuration and which are secret. `options`: the command's own, for a typo in one of those. */
export const sortFields = (subject: Subject, given: readonly Given[], options: readonly string[]): Sorted => {
  const config = new Map<string, string[]>();
  const secret = new Map<string, string>();
  const configNames = Object.keys(subject.method.config.properties ?? {});
  const secretNames = Object.keys(secretSchemaOf(subject)?.properties ?? {});
  for (const { name: written, value } of given) {
    const name = [written, camel(written)].find((one) => configNames.includes(one) || secretNames.includes(one));
    if (name === undefined) throw unknown(written, subject, [...configNames, ...secretNames], options);
    if (configNames.includes(name)) {
      if (value.length > largestValue)
        throw new KeywrightError(
          "config-invalid",
          `${name} has ${value.length} characters; a field has at most ${largestValue}.`,
          { hint: "Is it the right value?" },
        );
      config.set(name, [...(config.get(name) ?? []), value]);
    } else {
      if (secret.has(name))
        throw new KeywrightError("usage", `--${kebab(name)} is given twice.`, { hint: "Give it once." });
      secret.set(name, value);
    }
  }
  return { config, secret };
};

/** Text of the command line in the types of the schema. Only what was given: defaults and what is missing are the broker's matter. */
export const convertConfig = (
  { type, method }: Subject,
  given: ReadonlyMap<string, readonly string[]>,
): Record<string, unknown> => {
  const values = Object.fromEntries([...given].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
  const {
    required: _required,
    dependencies: _dependencies,
    anyOf: _anyOf,
    not: _not,
    allOf: _allOf,
    ...partial
  } = method.config;
  const { value, problems } = check(partial, values, { coerceStrings: true });
  if (value === null) {
    const [first] = problems;
    throw new KeywrightError(
      "config-invalid",
      `${type.id} ${method.id}: ${problems.map(({ message }) => message.replace(/\.$/, "")).join("; ")}.`,
      {
        hint: `keywright connector describe-type ${type.id} -a ${method.id} shows what ${first?.field === "" ? "it takes" : (first?.field ?? "it takes")} must be.`,
        data: { problems },
      },
    );
  }
  return Object.fromEntries(Object.entries(value).filter(([name]) => given.has(name)));
};

/** Values of the secret fields: those given are read, required ones that are missing are asked for. */
export const readSecrets = async (
  context: Context,
  subject: Subject,
  given: ReadonlyMap<string, string>,
): Promise<Record<string, string> | undefined> => {
  const schema = secretSchemaOf(subject);
  if (schema === null) return undefined;
  const fields = fieldsOf(schema);
  const stdin = { by: null };
  const values: Record<string, string> = {};
  for (const field of fields) {
    const text = given.get(field.name);
    if (text !== undefined) values[field.name] = await secretValue(context, field, text, stdin);
  }
  const missing = fields.filter((field) => field.required && !(field.name in values));
  if (missing.length > 0 && !context.interactive) throw missingSecret(missing);
  for (const field of missing) values[field.name] = await askSecret(context, field);
  // The values' own form, before anything is opened: the message names the field and never the value.
  const { problems } = check(schema, values);
  if (problems.length > 0) {
    throw new KeywrightError(
      "secret-invalid",
      `${subject.type.id} ${subject.method.id}: ${problems.map(({ message }) => message.replace(/\.$/, "")).join("; ")}.`,
      {
        hint: `keywright connector describe-type ${subject.type.id} -a ${subject.method.id} shows what it takes.`,
        data: { problems },
      },
    );
  }
  return values;
};

/** `k=v` options as an object; an empty value is kept, for update to remove the label with. */
export const assignments = (given: readonly string[], option: string): Record<string, string> =>
  Object.fromEntries(
    given.map((one) => {
      const at = one.indexOf("=");
      if (at < 1)
        throw new KeywrightError("usage", `${option} ${shown(one)} is not KEY=VALUE.`, {
          hint: `For example ${option} team=ml.`,
        });
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
export type { SchemaField };
