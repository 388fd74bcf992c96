/** Two generators write JSON Schema in two dialects; this is the one form that a manifest holds. */
import { formatChecks, impliedPattern } from "./formats.ts";
import { isSchema } from "./is-schema.ts";
import type { JsonSchema } from "./manifest.ts";

type Node = Record<string, unknown>;
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** Applies `change` to every schema within, the innermost first. Names of properties are not taken for keywords. */
const mapSchema = (schema: JsonSchema, change: (node: Node) => Node): JsonSchema => {
  const inner = (value: unknown): unknown => (isSchema(value) ? mapSchema(value, change) : value);
  return change(
    Object.fromEntries(
      Object.entries(schema).map(([key, value]) => {
        if (key === "properties" && isSchema(value))
          return [key, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]))];
        if (["anyOf", "oneOf", "allOf"].includes(key) && isList(value)) return [key, value.map(inner)];
        if (["items", "additionalProperties", "propertyNames", "not"].includes(key)) return [key, inner(value)];
        return [key, value];
      }),
    ),
  );
};

/** A discriminated union: its options exclude each other anyway. */
const oneOfToAnyOf = ({ oneOf, ...node }: Node): Node => (oneOf === undefined ? node : { ...node, anyOf: oneOf });

/** A union of bare types is a list of types, a union of constants an enumeration: both read better in a form. */
const flattenUnion = ({ anyOf, ...node }: Node): Node => {
  if (!isList(anyOf)) return node;
  const options = anyOf.filter(isSchema);
  if (options.length !== anyOf.length) return { ...node, anyOf };
  const only = (...keys: readonly string[]) =>
    options.every((one) => keys.every((key) => key in one) && Object.keys(one).length === keys.length);
  if (only("type")) return { ...node, type: [...new Set(options.flatMap(({ type }) => type ?? []))] };
  if (only("type", "const") && new Set(options.map(({ type }) => type)).size === 1)
    return { ...node, type: options[0]?.type, enum: options.map((one) => one["const"]) };
  return { ...node, anyOf };
};

const plainRecord = ({ propertyNames, ...node }: Node): Node =>
  isSchema(propertyNames) && Object.keys(propertyNames).some((key) => key !== "type")
    ? { ...node, propertyNames: { type: "string", ...propertyNames } }
    : node;

/** zod 4 repeats each format as a pattern. A pattern of the plugin's own takes the place of the format. */
const formatAlone = (node: Node): Node => {
  const { format, pattern, allOf, ...rest } = node;
  const implied = typeof format === "string" ? impliedPattern(format) : undefined;
  if (implied === undefined) return node;
  const patterns = [pattern, ...(isList(allOf) ? allOf.map((one) => (isSchema(one) ? one["pattern"] : undefined)) : [])]
    .filter((one) => one !== undefined)
    .filter((one, at, all) => all.indexOf(one) === at);
  const others = patterns.filter((one) => one !== implied);
  return {
    ...rest,
    ...(patterns.length === 0 || patterns.includes(implied) ? { format } : {}),
    ...(others.length === 1 && { pattern: others[0] }),
    ...(others.length > 1 && { allOf: others.map((one) => ({ pattern: one })) }),
  };
};

/** JSON readers lose digits beyond these; zod 4 writes them, zod 3 does not. */
const safeInteger = (node: Node): Node =>
  node["type"] === "integer"
    ? {
        ...node,
        ...(node["minimum"] === undefined &&
          node["exclusiveMinimum"] === undefined && { minimum: Number.MIN_SAFE_INTEGER }),
        ...(node["maximum"] === undefined &&
          node["exclusiveMaximum"] === undefined && { maximum: Number.MAX_SAFE_INTEGER }),
      }
    : node;

const forForms = ({ group, ...node }: Node): Node => ({
  ...node,
  ...(group !== undefined && { "x-group": group }),
  ...(isSchema(node["properties"]) && {
    properties: Object.fromEntries(
      Object.entries(node["properties"]).map(([name, one], order) => [name, { ...(one as Node), "x-order": order }]),
    ),
  }),
});

const allText = (node: Node): Node =>
  [node["type"]].flat().includes("string") && node["enum"] === undefined && node["const"] === undefined
    ? { ...node, writeOnly: true }
    : node;

export const normalForm = (
  schema: JsonSchema,
  { zod, secret }: { readonly zod: 3 | 4; readonly secret: boolean },
): JsonSchema =>
  mapSchema(schema, (written) => {
    const { $schema: _, ...node } = written;
    const plain = flattenUnion(oneOfToAnyOf(plainRecord(forForms(node))));
    if (zod === 4) return formatAlone(plain);
    return secret ? allText(safeInteger(plain)) : safeInteger(plain);
  });

/** What the walk over the zod schema should have made impossible: a node that says nothing, or an open object. */
export const looseNodes = (schema: JsonSchema, path = ""): string[] => {
  const found: string[] = [];
  const visit = (node: unknown, at: string) => {
    if (!isSchema(node)) return;
    const says = ["type", "anyOf", "enum", "const", "allOf", "not"].some((key) => key in node);
    if (!says || "$ref" in node) found.push(at);
    if (node.type === "object" && (node.additionalProperties === undefined || node.additionalProperties === true))
      found.push(at);
    if (typeof node["format"] === "string" && !Object.hasOwn(formatChecks, node["format"])) found.push(at);
    for (const [name, one] of Object.entries(node.properties ?? {})) visit(one, at === "" ? name : `${at}.${name}`);
    visit(node["items"], `${at}[]`);
    visit(node.additionalProperties, `${at}.*`);
    for (const one of isList(node["anyOf"]) ? node["anyOf"] : []) visit(one, at);
  };
  visit(schema, path);
  return found;
};
