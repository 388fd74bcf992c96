/** The attributes of a manifest's JSON Schema as a form or a table shows them. */
import type { JsonSchema } from "@keywright/manifest";

export type SchemaField = {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly secret: boolean;
  readonly default?: unknown;
  readonly examples: readonly unknown[];
  readonly choices: readonly unknown[];
  readonly group: string | null;
  readonly description: string;
  readonly order: number;
};

const typeOf = (schema: JsonSchema): string => {
  const { type } = schema;
  if (type === "array") return `list of ${typeOf((schema["items"] ?? { type: "string" }) as JsonSchema)}`;
  if (type === "object") return "JSON object";
  if (type === "integer") return "whole number";
  if (type === "boolean") return "true or false";
  if (type === undefined) return "text";
  const format = schema["format"] === "uri" ? "URL" : schema["format"] === "date-time" ? "time" : null;
  return [type]
    .flat()
    .map((one) => (one === "string" ? (format ?? "text") : one))
    .join(" or ");
};

/** Ungrouped first, then group by group, each in the order of the form. */
export const fieldsOf = (schema: JsonSchema): readonly SchemaField[] => {
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]): SchemaField => ({
    name,
    type: typeOf(property),
    required: schema.required?.includes(name) ?? false,
    secret: property["writeOnly"] === true,
    ...("default" in property && { default: property["default"] }),
    examples: Array.isArray(property["examples"]) ? (property["examples"] as unknown[]) : [],
    choices: Array.isArray(property["enum"]) ? (property["enum"] as unknown[]) : [],
    group: typeof property["x-group"] === "string" ? property["x-group"] : null,
    description: typeof property["description"] === "string" ? property["description"] : "",
    order: typeof property["x-order"] === "number" ? property["x-order"] : 1000,
  }));
  const firstOf = new Map<string | null, number>();
  for (const { group, order } of fields) firstOf.set(group, Math.min(order, firstOf.get(group) ?? Infinity));
  const rank = ({ group }: SchemaField) => (group === null ? -1 : (firstOf.get(group) ?? 0));
  return fields.toSorted((a, b) => rank(a) - rank(b) || a.order - b.order);
};
export const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
