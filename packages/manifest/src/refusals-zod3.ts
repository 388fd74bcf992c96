/** Walks a zod 3 schema for what its JSON Schema would lose. */
/* oxlint-disable no-underscore-dangle -- where zod 3 keeps what a schema is */
import type * as z3 from "zod/v3";
import { prototypeKeys } from "./prototype-keys.ts";
import * as refused from "./refusals.ts";
import { insideOf, type Place, propertyOf, type Refusal } from "./refusals.ts";

const namedFormats: readonly string[] = ["email", "url", "uuid", "datetime", "date"];
const carried: readonly string[] = ["min", "max", "length", "regex", ...namedFormats];
const rewriting: readonly string[] = ["trim", "toLowerCase", "toUpperCase"];

const ofString = (def: z3.ZodStringDef, field: string): Refusal[] => {
  const found = def.checks.flatMap((one): Refusal[] => {
    if (rewriting.includes(one.kind)) return [{ field, ...refused.rewritten }];
    if (!carried.includes(one.kind))
      return [{ field, what: `has the check ${one.kind}, which a manifest does not know`, hint: "Write .regex()." }];
    if (one.kind === "datetime" && (one.offset || one.local || one.precision !== null))
      return [{ field, what: "has a date-time with options", hint: "Write .datetime() bare, or .regex()." }];
    return one.kind === "regex" ? refused.patternRefusals(field, one.regex) : [];
  });
  return def.checks.filter((one) => namedFormats.includes(one.kind)).length > 1
    ? [...found, { field, ...refused.manyFormats }]
    : found;
};

const holdsText = (schema: z3.ZodTypeAny): boolean => {
  const def = schema._def as { readonly typeName: string; readonly innerType?: z3.ZodTypeAny };
  return def.typeName === "ZodString" || (def.innerType !== undefined && holdsText(def.innerType));
};

const walk = (schema: z3.ZodTypeAny, place: Place, secret: boolean): Refusal[] => {
  const field = place.path;
  if (place.above.includes(schema)) return [{ field, ...refused.recursive }];
  const here = { ...place, above: [...place.above, schema] };
  const into = (inner: z3.ZodTypeAny, at: Place) => walk(inner, at, secret);
  const refuse = (one: Omit<Refusal, "field">): Refusal[] => [{ field, ...one }];
  // Members are compared as text: the enum `ZodFirstPartyTypeKind` would load zod 3 for plugins that never use it.
  const def = schema._def as { readonly typeName: string };
  const as = <T>() => schema._def as T;
  switch (def.typeName) {
    case "ZodString": {
      const text = as<z3.ZodStringDef>();
      return [...(text.coerce ? refuse(refused.coerced) : []), ...ofString(text, field)];
    }
    case "ZodNumber":
    case "ZodBoolean":
      return as<z3.ZodBooleanDef>().coerce ? refuse(refused.coerced) : [];
    case "ZodNull":
    case "ZodEnum":
    case "ZodNativeEnum":
      return [];
    case "ZodLiteral": {
      const { value } = as<z3.ZodLiteralDef>();
      return value === null || ["string", "number", "boolean"].includes(typeof value)
        ? []
        : refuse(refused.construct(typeof value));
    }
    case "ZodBranded":
      return into(as<z3.ZodBrandedDef<z3.ZodTypeAny>>().type, here);
    case "ZodArray":
      return into(as<z3.ZodArrayDef>().type, insideOf(here, "[]"));
    case "ZodRecord": {
      const record = as<z3.ZodRecordDef>();
      return [...into(record.keyType, insideOf(here, " (key)")), ...into(record.valueType, insideOf(here, ".*"))];
    }
    case "ZodUnion":
    case "ZodDiscriminatedUnion":
      return as<z3.ZodUnionDef>().options.flatMap((one) => into(one, { ...insideOf(here), inUnion: true }));
    case "ZodObject": {
      const object = as<z3.ZodObjectDef>();
      const closed = object.unknownKeys === "strict" && object.catchall._def["typeName"] === "ZodNever";
      return [
        ...(closed ? [] : refuse(refused.loose)),
        ...Object.entries<z3.ZodTypeAny>(object.shape()).flatMap(([name, inner]) => {
          const at = propertyOf(here, name);
          return [
            ...(prototypeKeys.includes(name) ? [{ field: at.path, ...refused.reservedName }] : []),
            ...(inner.description ? [] : [{ field: at.path, ...refused.undescribed }]),
            ...into(inner, at),
          ];
        }),
      ];
    }
    case "ZodNullable":
      return into(as<z3.ZodNullableDef>().innerType, insideOf(here));
    case "ZodOptional":
      return place.at === "property"
        ? into(as<z3.ZodOptionalDef>().innerType, here)
        : refuse(refused.misplacedOptional);
    case "ZodDefault": {
      if (place.at !== "property") return refuse(refused.misplacedOptional);
      const { innerType, defaultValue } = as<z3.ZodDefaultDef>();
      return [
        ...(secret && holdsText(innerType) ? refuse(refused.defaultOfSecret) : []),
        ...(place.inUnion ? refuse(refused.defaultInUnion) : []),
        ...refused.defaultRefusals(field, defaultValue),
        ...into(innerType, here),
      ];
    }
    case "ZodEffects":
      return refuse(as<z3.ZodEffectsDef>().effect.type === "refinement" ? refused.refinement : refused.transform);
    case "ZodLazy":
      return refuse(refused.recursive);
    default:
      return refuse(refused.construct(def.typeName.replace("Zod", "")));
  }
};

/** `secret`: every text in it is a secret, since zod 3 has no metadata that would mark some. */
export const refusalsOfZod3 = (schema: z3.AnyZodObject, secret: boolean): Refusal[] =>
  walk(schema, refused.root, secret);
