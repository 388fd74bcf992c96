/** Text from a command line → the types that a schema asks for: `--fips=true`, `--regions=a,b`, `--tags={"a":"b"}`. */
import type { JsonSchema } from "./manifest.ts";
import { isSchema } from "./is-schema.ts";
import { shownName } from "./shown.ts";

type Converted = { readonly value: unknown } | { readonly expected: string };

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the text.
    return undefined;
  }
};
const splitList = (text: string): readonly string[] =>
  text.trim() === "" ? [] : text.split(",").map((one) => one.trim());

const asType = (type: string, schema: JsonSchema, text: string): Converted => {
  const trimmed = text.trim();
  switch (type) {
    case "string":
      return { value: text };
    case "null":
      return trimmed === "null" ? { value: null } : { expected: "must be null" };
    case "boolean":
      return trimmed === "true" || trimmed === "false"
        ? { value: trimmed === "true" }
        : { expected: "must be true or false" };
    case "integer":
    case "number":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) && Number.isFinite(Number(trimmed))
        ? { value: Number(trimmed) }
        : { expected: type === "integer" ? "must be a whole number" : "must be a number" };
    case "array": {
      const parsed = trimmed.startsWith("[") ? json(trimmed) : splitList(text).map((one) => itemOf(schema, one));
      return Array.isArray(parsed) ? { value: parsed } : { expected: "must be a list: a,b or JSON" };
    }
    case "object": {
      const parsed = json(trimmed);
      return isSchema(parsed) ? { value: parsed } : { expected: 'must be JSON, like {"name":"value"}' };
    }
    default:
      return { value: text };
  }
};
/** An entry that does not convert stays text, and validation names it by its position. */
const itemOf = (schema: JsonSchema, text: unknown): unknown => {
  const items = schema["items"];
  if (typeof text !== "string" || !isSchema(items)) return text;
  const converted = convert(items, text);
  return "value" in converted ? converted.value : text;
};

type Candidate = { readonly type: string; readonly schema: JsonSchema };
const candidatesOf = (schema: JsonSchema): readonly Candidate[] => {
  const options = schema["anyOf"];
  if (schema.type !== undefined) return [schema.type].flat().map((type) => ({ type, schema }));
  if (Array.isArray(options)) return options.filter(isSchema).flatMap(candidatesOf);
  const members: readonly unknown[] = Array.isArray(schema["enum"]) ? schema["enum"] : [schema["const"]];
  return members.map((one) => ({ type: one === null ? "null" : typeof one, schema }));
};

/** Where text is one of several types, it is taken for the others first when it looks like JSON of theirs, then as text. */
const convert = (schema: JsonSchema, text: string): Converted => {
  const candidates = candidatesOf(schema);
  const structured = /^\s*[[{]/.test(text) ? ["array", "object"] : [];
  const textual = candidates.some(({ type }) => type === "string");
  const tried = candidates.filter(({ type }) => !textual || structured.includes(type));
  const results = [...tried, ...(textual ? [{ type: "string", schema }] : [])].map((one) =>
    asType(one.type, one.schema, text),
  );
  return results.find((one) => "value" in one) ?? results[0] ?? { value: text };
};

/** Only text at the top is converted, and text in lists there (a flag given twice): JSON within says its types itself. */
export const coerceStrings = (
  schema: JsonSchema,
  values: Readonly<Record<string, unknown>>,
): { readonly value: Record<string, unknown>; readonly problems: readonly { field: string; message: string }[] } => {
  const problems: { field: string; message: string }[] = [];
  const value = Object.fromEntries(
    Object.entries(values).map(([name, given]) => {
      const property = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
      if (!property) return [name, given];
      if (Array.isArray(given)) return [name, given.map((one: unknown) => itemOf(property, one))];
      if (typeof given !== "string") return [name, given];
      const converted = convert(property, given);
      if ("value" in converted) return [name, converted.value];
      problems.push({ field: name, message: `${shownName(name)} ${converted.expected}` });
      return [name, given];
    }),
  );
  return { value, problems };
};
