/** The fields of a JSON Schema as tables: type, whether it is needed, default, bounds, example. */
import { attributesOf, secretFieldsOf } from "../attributes.ts";
import { formatName } from "../formats.ts";
import { isSchema } from "../is-schema.ts";
import type { JsonSchema } from "../manifest.ts";
import { type Block, heading, type Line, listOf, literals, type Row, table } from "./document.ts";

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const typeOf = (schema: JsonSchema): string => {
  const { type, items, additionalProperties } = schema;
  if (type === "array") return `list of ${isSchema(items) ? typeOf(items) : "values"}`;
  if (type === "object" && isSchema(additionalProperties)) return `names to ${typeOf(additionalProperties)}`;
  const names: Readonly<Record<string, string>> = {
    string: typeof schema["format"] === "string" ? formatName(schema["format"]).replace(/^an? /, "") : "text",
    integer: "whole number",
    boolean: "true or false",
    object: "JSON object",
  };
  const written = [type ?? []].flat().map((one) => names[one] ?? one);
  return written.length > 0 ? written.join(" or ") : "JSON";
};

const between = (min: unknown, max: unknown, unit: string): string | null => {
  const [low, high] = [min, max].map((one) => (typeof one === "number" ? String(one) : null));
  if (low && high) return `${low === high ? low : `${low} to ${high}`}${unit}`;
  if (low) return `at least ${low}${unit}`;
  return high ? `at most ${high}${unit}` : null;
};
/** What a value must keep to, in words and literals. */
export const boundsOf = (schema: JsonSchema, of = ""): readonly Line[] => {
  const ranges = [
    between(schema["minimum"], schema["maximum"], ""),
    between(schema["exclusiveMinimum"], schema["exclusiveMaximum"], ", both excluded"),
    between(schema["minLength"], schema["maxLength"], " characters"),
    between(schema["minItems"], schema["maxItems"], " items"),
  ].flatMap((range) => (range === null ? [] : [[`${of}${range}`]]));
  const inner = ([label, one]: readonly [string, unknown]) => (isSchema(one) ? boundsOf(one, `${of}${label}`) : []);
  return [
    ...(Array.isArray(schema["enum"]) ? [[`${of}one of `, ...literals(schema["enum"].map(shown))]] : []),
    ...("const" in schema ? [[`${of}always `, { code: shown(schema["const"]) }]] : []),
    ...ranges,
    ...(typeof schema["pattern"] === "string" ? [[`${of}matches `, { code: schema["pattern"] }]] : []),
    ...(
      [
        ["each: ", schema["items"]],
        ["names: ", schema["propertyNames"]],
        ["values: ", schema.additionalProperties],
      ] as const
    ).flatMap(inner),
  ];
};

const aboutOf = (schema: JsonSchema): Line => {
  const examples = Array.isArray(schema["examples"]) ? schema["examples"].slice(0, 1).map(shown) : [];
  const description = typeof schema["description"] === "string" ? schema["description"] : "";
  const facts: readonly Line[] = [
    ...examples.map((example): Line => ["for example ", { code: example }]),
    ...boundsOf(schema),
  ];
  const sentence = facts.flatMap((line, index): Line => (index === 0 ? line : ["; ", ...line]));
  const [first, ...rest] = sentence;
  if (typeof first !== "string") return [description];
  return [`${description} ${first.slice(0, 1).toUpperCase()}${first.slice(1)}`.trimStart(), ...rest, "."];
};

const head = ["Field", "Type", "Required", "Default", "About"];
const rowsOf = (schema: JsonSchema, secrets: readonly string[], fields: ReturnType<typeof attributesOf>): Row[] =>
  fields.map(([name, one]) => ({
    anchor: `field-${kebab(name)}`,
    cells: [
      [{ code: name }],
      secrets.includes(name) ? [{ strong: "secret" }, ` ${typeOf(one)}`] : [typeOf(one)],
      [schema.required?.includes(name) ? "yes" : "no"],
      "default" in one ? [{ code: shown(one["default"]) }] : [],
      aboutOf(one),
    ],
  }));

/** Rules across fields, as the schema states them. */
const rulesOf = (schema: JsonSchema): readonly Line[] => {
  const requirements = [schema, ...[schema["allOf"] ?? []].flat()].filter(isSchema);
  const needs = Object.entries(schema.dependencies ?? {}).map(([field, others]): Line => [
    { code: field },
    " needs ",
    ...literals(others),
    ".",
  ]);
  const alternatives = requirements.flatMap((one) => {
    const names = (Array.isArray(one["anyOf"]) ? one["anyOf"] : [])
      .filter(isSchema)
      .flatMap((way) => (way.required?.length === 1 ? way.required : []));
    return names.length > 1 ? [["At least one of ", ...literals(names), "."] satisfies Line] : [];
  });
  const excluded = requirements.flatMap((one) =>
    isSchema(one["not"]) && one["not"].required?.length === 2
      ? [[...literals(one["not"].required), " exclude each other."] satisfies Line]
      : [],
  );
  return [...needs, ...alternatives, ...excluded];
};

/** Ungrouped fields first, then a table a group, then the rules. */
export const fieldBlocks = (schema: JsonSchema, none: string): readonly Block[] => {
  const secrets = secretFieldsOf(schema);
  const groups = Map.groupBy(attributesOf(schema), ([, one]) =>
    typeof one["x-group"] === "string" ? one["x-group"] : "",
  );
  if (groups.size === 0) return [{ kind: "text", line: [none] }];
  const ordered = [...groups].toSorted(([a], [b]) => Number(a !== "") - Number(b !== ""));
  const rules = rulesOf(schema);
  return [
    ...ordered.flatMap(([group, fields]) => [
      ...(group === "" ? [] : [heading(group, 2)]),
      ...table(head, rowsOf(schema, secrets, fields)),
    ]),
    ...(rules.length > 0 ? [heading("Rules", 2), ...listOf(rules)] : []),
  ];
};
