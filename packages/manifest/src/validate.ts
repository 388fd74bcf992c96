/** Values against a manifest's JSON Schema, without the plugin. The only module that loads ajv. */
import { didYouMean, KeywrightError } from "@keywright/core";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { coerceStrings } from "./coerce.ts";
import { formatChecks, formatName } from "./formats.ts";
import type { JsonSchema } from "./manifest.ts";
import { plainCopy } from "./plain-copy.ts";
import { isSchema } from "./is-schema.ts";
import { shownName } from "./shown.ts";

/** `field` is a path (`tags.owner`, `regions[0]`), empty for the whole. No message holds a value that was given. */
export type Problem = { readonly field: string; readonly message: string };
export type ValidateOptions = {
  /** Values are text from a command line: `--regions=a,b`, `--fips=true`. */
  readonly coerceStrings?: boolean;
  /** The schema is that of a secret: failures are `secret-invalid`. */
  readonly secret?: boolean;
};

const ajv = new Ajv({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
  verbose: true,
  useDefaults: true,
  ownProperties: true,
  addUsedSchema: false,
  logger: false,
  multipleOfPrecision: 9,
  formats: { ...formatChecks },
});
ajv.addVocabulary(["x-order", "x-group"]);
const compiled = new WeakMap<JsonSchema, ValidateFunction>();
/** Throws where ajv finds the schema itself wrong. */
export const compile = (schema: JsonSchema): ValidateFunction => {
  const known = compiled.get(schema);
  if (known) return known;
  try {
    const made = ajv.compile(schema);
    compiled.set(schema, made);
    return made;
  } catch (cause) {
    throw new KeywrightError("plugin-invalid", `A schema cannot be used: ${(cause as Error).message}.`, {
      hint: "Reinstall the plugin that brings it, or run keywright plugin build if it is your own.",
      cause,
    });
  }
};

const unescaped = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");
const pathOf = ({ instancePath }: ErrorObject, last?: string): string =>
  [...instancePath.split("/").slice(1).map(unescaped), ...(last === undefined ? [] : [last])].reduce((path, part) => {
    if (/^\d+$/.test(part)) return `${path}[${part}]`;
    return path === "" ? shownName(part) : `${path}.${shownName(part)}`;
  }, "");

const types: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  null: "empty (null)",
};
const typeNames = (type: unknown): string =>
  [type]
    .flat()
    .map((one) => types[String(one)] ?? String(one))
    .join(" or ");
const listed = (names: readonly unknown[], last: string) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${last} ${String(names.at(-1))}`;
const count = (value: unknown, unit: string) => `${String(value)} ${unit}${value === 1 ? "" : "s"}`;
const sentenceOf = (schema: JsonSchema | undefined) => {
  const description = schema?.["description"];
  return typeof description === "string" ? `: ${description.replace(/\.$/, "")}` : "";
};
const namesOf = (options: unknown): readonly string[] =>
  Array.isArray(options)
    ? options.flatMap((one) => (isSchema(one) && Object.keys(one).length === 1 ? (one.required ?? []) : []))
    : [];

/** The rest of the sentence that begins with the field, or a whole sentence for rules across fields. */
const messageOf = (error: ErrorObject): Problem => {
  const params = error.params as Readonly<Record<string, unknown>>;
  const parent = (error.parentSchema ?? {}) as JsonSchema;
  const field = pathOf(error);
  const say = (rest: string, at = field): Problem => ({ field: at, message: at === "" ? rest : `${at} ${rest}` });
  switch (error.keyword) {
    case "additionalProperties": {
      const name = String(params["additionalProperty"]);
      return say(`is not known.${didYouMean(name, Object.keys(parent.properties ?? {}))}`, pathOf(error, name));
    }
    case "required": {
      const name = String(params["missingProperty"]);
      return say(`is missing${sentenceOf(parent.properties?.[name])}`, pathOf(error, name));
    }
    case "dependencies": {
      const [name, missing] = [String(params["property"]), String(params["missingProperty"])];
      return say(`needs ${missing} as well${sentenceOf(parent.properties?.[missing])}`, pathOf(error, name));
    }
    case "not":
      return say(`${listed(namesOf([error.schema]), "and")} exclude one another; leave one out`);
    case "anyOf": {
      const names = namesOf(error.schema);
      return names.length > 0
        ? say(`one of ${listed(names, "and")} is needed`)
        : say(`fits none of the forms it may have${sentenceOf(parent)}`);
    }
    case "enum": {
      const allowed = (params["allowedValues"] as readonly unknown[]).map(String);
      const meant = parent["writeOnly"] !== true && typeof error.data === "string" ? error.data : "";
      return say(`must be ${listed(allowed, "or")}.${meant === "" ? "" : didYouMean(meant, allowed)}`);
    }
    case "const":
      return say(`must be ${String(params["allowedValue"])}`);
    case "type":
      return say(`must be ${typeNames(params["type"])}`);
    case "format":
      return say(`must be ${formatName(String(params["format"]))}`);
    case "pattern": {
      const [example] = Array.isArray(parent["examples"]) ? (parent["examples"] as unknown[]) : [];
      const form = String(params["pattern"]);
      return say(
        example === undefined
          ? `must have the form ${form}${sentenceOf(parent)}`
          : `must have the form of ${String(example)} (${form})${sentenceOf(parent)}`,
      );
    }
    case "propertyNames":
      return say("is no name that may stand here", pathOf(error, String(params["propertyName"])));
    case "minLength":
      return params["limit"] === 1
        ? say(`is empty${sentenceOf(parent)}`)
        : say(`must have at least ${count(params["limit"], "character")}`);
    case "maxLength":
      return say(`must have at most ${count(params["limit"], "character")}`);
    case "minItems":
      return say(`must have at least ${count(params["limit"], "entry").replace("entrys", "entries")}`);
    case "maxItems":
      return say(`must have at most ${count(params["limit"], "entry").replace("entrys", "entries")}`);
    case "minimum":
      return say(`must be at least ${String(params["limit"])}`);
    case "maximum":
      return say(`must be at most ${String(params["limit"])}`);
    case "exclusiveMinimum":
      return say(`must be more than ${String(params["limit"])}`);
    case "exclusiveMaximum":
      return say(`must be less than ${String(params["limit"])}`);
    case "multipleOf":
      return say(`must be a multiple of ${String(params["multipleOf"])}`);
    default:
      return say(`does not satisfy ${error.keyword}`);
  }
};

const distinct = (problems: readonly Problem[]): readonly Problem[] => [
  ...new Map(problems.map((one) => [one.message, one])).values(),
];
/** Complaints of single options and names are inside the one about their union or record. */
const outermost = (errors: readonly ErrorObject[]): readonly ErrorObject[] => {
  const outer = errors.filter(({ keyword }) => ["anyOf", "not", "propertyNames"].includes(keyword));
  return errors.filter(({ schemaPath }) => !outer.some((one) => schemaPath.startsWith(`${one.schemaPath}/`)));
};

export type Checked =
  | { readonly value: Readonly<Record<string, unknown>>; readonly problems: readonly [] }
  | { readonly value: null; readonly problems: readonly [Problem, ...Problem[]] };
const failed = (problems: readonly Problem[]): Checked => {
  const [first = { field: "", message: "is not valid" }, ...rest] = distinct(problems);
  return { value: null, problems: [first, ...rest] };
};

/** The value with its defaults, or every problem it has. What was given stays as it is. */
export const check = (schema: JsonSchema, given: unknown, options: ValidateOptions = {}): Checked => {
  const { copy, problems } = plainCopy(given);
  if (problems.length > 0) return failed(problems);
  if (!isSchema(copy)) return failed([{ field: "", message: "must be an object of attributes" }]);
  const coerced = options.coerceStrings ? coerceStrings(schema, copy) : { value: copy, problems: [] };
  const valid = compile(schema);
  if (valid(coerced.value) && coerced.problems.length === 0)
    return { value: coerced.value as Readonly<Record<string, unknown>>, problems: [] };
  // What could not be converted has been said; ajv's own complaint about the same field adds nothing.
  const said = new Set(coerced.problems.map(({ field }) => field));
  const found = outermost(valid.errors ?? []).map(messageOf);
  return failed([...coerced.problems, ...found.filter(({ field }) => !said.has(field))]);
};

/** Like `check`, but throws `config-invalid` or `secret-invalid`, naming `where` and every field at fault. */
export const validate = (
  schema: JsonSchema,
  given: unknown,
  where: string,
  options: ValidateOptions = {},
): Readonly<Record<string, unknown>> => {
  const { value, problems } = check(schema, given, options);
  if (value !== null) return value;
  const known = Object.keys(schema.properties ?? {});
  const messages = problems.map(({ message }) => message.replace(/\.$/, ""));
  throw new KeywrightError(
    options.secret ? "secret-invalid" : "config-invalid",
    `${where}: ${messages.join("; ")}${messages.join("").endsWith("?") ? "" : "."}`,
    {
      hint: known.length > 0 ? `Attributes: ${known.join(", ")}.` : "There are no attributes to set.",
      data: { problems },
    },
  );
};

/** Whether a schema's own defaults and examples fit it: for whoever writes a plugin. */
export const misfits = (schema: JsonSchema): readonly string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const { default: _, ...rest } = property;
    const valid = compile(rest);
    const samples = [
      ...("default" in property ? [["default", property["default"]] as const] : []),
      ...(Array.isArray(property["examples"]) ? property["examples"].map((one) => ["example", one] as const) : []),
    ];
    return samples.flatMap(([what, one]) => (valid(one) ? [] : [`the ${what} of ${name} does not fit it`]));
  });
