/** Walks a zod 4 schema for what its JSON Schema would lose. */
/* oxlint-disable no-underscore-dangle -- where zod 4 keeps what a schema is */
import { nearest, Redacted } from "@keywright/core";
import * as z from "zod";
import { prototypeKeys } from "./prototype-keys.ts";
import * as refused from "./refusals.ts";
import { insideOf, type Place, propertyOf, type Refusal } from "./refusals.ts";

type Schema = z.core.$ZodType;
type Check = { readonly check: string; readonly [option: string]: unknown };

const carriedChecks = new Set([
  "less_than",
  "greater_than",
  "multiple_of",
  "number_format",
  "min_length",
  "max_length",
  "length_equals",
  "string_format",
]);
/** Formats that are a pattern and nothing more, and have no name of their own in JSON Schema. */
const patternFormats = new Set(["regex", "lowercase", "uppercase", "includes", "starts_with", "ends_with", "time"]);
/** What validation knows by name; see formats.ts. */
const namedFormats = new Set(["email", "datetime", "date", "url", "uuid", "ipv4", "ipv6"]);
const carriedMeta = ["description", "title", "examples", "group", "writeOnly"];

const defOf = (schema: Schema) => (schema as z.core.$ZodTypes)._zod.def;
const metaOf = (schema: Schema): Readonly<Record<string, unknown>> => z.globalRegistry.get(schema) ?? {};

/** A format schema (`z.email()`) is its own first check, and so is `z.int()`, whose check is its type. */
const checksOf = (schema: Schema): readonly Check[] => {
  const def = schema._zod.def;
  const checks = (def.checks ?? []).map((one) => one._zod.def as unknown as Check);
  return "check" in def && def.type === "string" ? [def as unknown as Check, ...checks] : checks;
};

/** secretString() is told from other transforms by what it does: the text comes back unchanged, inside `Redacted`. */
const isSecretString = (schema: Schema): boolean => {
  const def = defOf(schema);
  if (def.type !== "pipe" || metaOf(schema)["writeOnly"] !== true) return false;
  try {
    const { data } = z.safeParse(schema, " x ");
    return Redacted.is(data) && data.reveal() === " x " && checksOf(schema).length === 0;
  } catch {
    return false;
  }
};
const holdsSecret = (schema: Schema): boolean => {
  const def = defOf(schema);
  return isSecretString(schema) || ("innerType" in def && holdsSecret(def.innerType));
};
const isDescribed = (schema: Schema): boolean => {
  const def = defOf(schema);
  if (metaOf(schema)["description"]) return true;
  return "innerType" in def && def.type !== "nullable" && isDescribed(def.innerType);
};

const ofChecks = (schema: Schema, field: string): Refusal[] => {
  const checks = checksOf(schema);
  const found = checks.flatMap((one): Refusal[] => {
    if (one.check === "overwrite") return [{ field, ...refused.rewritten }];
    if (!carriedChecks.has(one.check)) return [{ field, ...refused.refinement }];
    if (one.check !== "string_format") return [];
    const format = String(one["format"]);
    if ("fn" in one) return [{ field, ...refused.refinement }];
    if (!patternFormats.has(format) && !namedFormats.has(format))
      return [{ field, what: `has the format ${format}, which a manifest does not know`, hint: "Write .regex()." }];
    if (one["hostname"] || one["protocol"] || one["normalize"])
      return [{ field, what: "limits a URL beyond its format", hint: "Write z.url().regex(/^https:/) or alike." }];
    return one["pattern"] instanceof RegExp ? refused.patternRefusals(field, one["pattern"]) : [];
  });
  const formats = checks.filter((one) => one.check === "string_format" && namedFormats.has(String(one["format"])));
  return formats.length > 1 ? [...found, { field, ...refused.manyFormats }] : found;
};
const ofMeta = (schema: Schema, field: string): Refusal[] => {
  const meta = metaOf(schema);
  const unknown = Object.keys(meta).filter((key) => !carriedMeta.includes(key));
  return [
    ...unknown.map((key) => {
      const meant = nearest(key, carriedMeta);
      return {
        field,
        what: `has the metadata ${key}, which a manifest does not carry`,
        hint: meant === null ? `Use ${carriedMeta.join(", ")}.` : `Write ${meant}.`,
      };
    }),
    ...("writeOnly" in meta && !holdsSecret(schema)
      ? [{ field, what: "is writeOnly but would be logged", hint: "Write secretString()." }]
      : []),
  ];
};

const walk = (schema: Schema, place: Place): Refusal[] => {
  const field = place.path;
  if (place.above.includes(schema)) return [{ field, ...refused.recursive }];
  const here = { ...place, above: [...place.above, schema] };
  const def = defOf(schema);
  const own = [...ofMeta(schema, field), ...ofChecks(schema, field)];
  const refuse = (...found: readonly Omit<Refusal, "field">[]) => [...own, ...found.map((one) => ({ field, ...one }))];
  const and = (more: readonly Refusal[]) => [...own, ...more];
  switch (def.type) {
    case "string":
    case "number":
    case "boolean":
      return "coerce" in def && def.coerce ? refuse(refused.coerced) : own;
    case "null":
    case "enum":
      return own;
    case "literal":
      return def.values.every((one) => typeof one !== "bigint" && one !== undefined)
        ? own
        : refuse(refused.construct(def.values.includes(undefined) ? "undefined" : "bigint"));
    case "array":
      return and(walk(def.element, insideOf(here, "[]")));
    case "record":
      if (def.mode === "loose") return refuse(refused.loose);
      return and([...walk(def.keyType, insideOf(here, " (key)")), ...walk(def.valueType, insideOf(here, ".*"))]);
    case "union":
      if (def.inclusive === false && !("discriminator" in def)) return refuse(refused.construct("xor"));
      return and(def.options.flatMap((one) => walk(one, { ...insideOf(here), inUnion: true })));
    case "object": {
      const strict = def.catchall !== undefined && defOf(def.catchall).type === "never";
      return and([
        ...(strict ? [] : [{ field, ...refused.loose }]),
        ...Object.entries(def.shape).flatMap(([name, inner]) => {
          const at = propertyOf(here, name);
          return [
            ...(prototypeKeys.includes(name) ? [{ field: at.path, ...refused.reservedName }] : []),
            ...(isDescribed(inner) ? [] : [{ field: at.path, ...refused.undescribed }]),
            ...walk(inner, at),
          ];
        }),
      ]);
    }
    case "nullable":
      return and(walk(def.innerType, insideOf(here)));
    case "optional":
    case "nonoptional":
      return place.at === "property" ? and(walk(def.innerType, here)) : refuse(refused.misplacedOptional);
    case "default":
    case "prefault":
      if (place.at !== "property") return refuse(refused.misplacedOptional);
      return and([
        ...(holdsSecret(def.innerType) ? [{ field, ...refused.defaultOfSecret }] : []),
        ...(place.inUnion ? [{ field, ...refused.defaultInUnion }] : []),
        ...refused.defaultRefusals(field, () => def.defaultValue),
        ...walk(def.innerType, here),
      ]);
    case "pipe":
      return isSecretString(schema) ? own : refuse(refused.transform);
    case "transform":
      return refuse(refused.transform);
    case "lazy":
      return refuse(refused.recursive);
    default:
      return refuse(refused.construct(def.type));
  }
};

export const refusalsOfZod4 = (schema: z.ZodObject): Refusal[] => walk(schema, refused.root);
