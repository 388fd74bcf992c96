/** Schemas of plugins (zod 4, or `zod/v3`) → JSON Schema draft-07 that refuses exactly what they refuse. */
import { didYouMean, KeywrightError, type ObjectSchema, type Rule } from "@keywright/core";
import * as z from "zod";
import { zodToJsonSchema } from "zod-to-json-schema";
import type { JsonSchema } from "./manifest.ts";
import { looseNodes, normalForm } from "./normal-form.ts";
import { pluginInvalid, type Refusal } from "./refusals.ts";
import { refusalsOfZod3 } from "./refusals-zod3.ts";
import { refusalsOfZod4 } from "./refusals-zod4.ts";

/**
 * `input`: what an operator writes. `secret`: the same, of a secret schema. `output`: what a caller receives, where
 * defaults have been filled in. zod 3 cannot mark single fields, so all its text is secret in the last two.
 */
export type Side = "input" | "output" | "secret";

const isZod4 = (schema: ObjectSchema): schema is z.ZodObject => "_zod" in schema;

const generate = (schema: ObjectSchema, where: string, side: Side): JsonSchema => {
  const secret = side !== "input";
  const refusals = isZod4(schema) ? refusalsOfZod4(schema) : refusalsOfZod3(schema, secret);
  if (refusals.length > 0) throw pluginInvalid(where, refusals);
  return isZod4(schema)
    ? normalForm(z.toJSONSchema(schema, { target: "draft-07", io: "input" }) as JsonSchema, { zod: 4, secret })
    : normalForm(zodToJsonSchema(schema, { target: "jsonSchema7", $refStrategy: "none" }) as JsonSchema, {
        zod: 3,
        secret,
      });
};

const defaultsFilled = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  required: Object.entries(schema.properties ?? {})
    .filter(([name, one]) => "default" in one || schema.required?.includes(name))
    .map(([name]) => name),
});

/** Throws `plugin-invalid`, naming each field that JSON Schema cannot carry and what to write instead. */
export const toJsonSchema = (
  schema: ObjectSchema,
  where: string,
  rules: readonly Rule[] = [],
  side: Side = "input",
): JsonSchema => {
  const json = generate(schema, where, side);
  // Handing a schema to the wrong generator yields `{}` without a word.
  if (json.type !== "object" || json.properties === undefined)
    throw pluginInvalid(where, [{ field: "", what: "came out empty", hint: "Write a z.strictObject({ … })." }]);
  const loose = looseNodes(json);
  if (loose.length > 0)
    throw pluginInvalid(
      where,
      loose.map((field) => ({ field, what: "came out of JSON Schema looser than written", hint: "Write it plainer." })),
    );
  return withRules(side === "output" ? defaultsFilled(json) : json, rules, where);
};

const fieldsOf = (rule: Rule): readonly string[] => {
  if ("anyOf" in rule) return rule.anyOf;
  return "requires" in rule ? [rule.field, rule.requires] : [rule.field, rule.excludes];
};
const ruleRefusals = (rule: Rule, schema: JsonSchema): Refusal[] =>
  fieldsOf(rule).flatMap((field) => {
    const known = Object.keys(schema.properties ?? {});
    const property = known.includes(field) ? schema.properties?.[field] : undefined;
    if (!property)
      return [{ field, what: `is in a rule but is no field.${didYouMean(field, known)}`, hint: "Rename it." }];
    return "default" in property
      ? [{ field, what: "is in a rule and has a default, so it is always there", hint: "Remove one of the two." }]
      : [];
  });

/** Rules across fields as JSON Schema: `dependencies` for requires, `not` and `anyOf` of `required` for the others. */
export const withRules = (schema: JsonSchema, rules: readonly Rule[], where: string): JsonSchema => {
  const refusals = rules.flatMap((rule) => ruleRefusals(rule, schema));
  if (refusals.length > 0) throw pluginInvalid(where, refusals);
  const dependencies = new Map(Object.entries(schema.dependencies ?? {}));
  const allOf = [...(Array.isArray(schema["allOf"]) ? (schema["allOf"] as JsonSchema[]) : [])];
  for (const rule of rules) {
    if ("anyOf" in rule) allOf.push({ anyOf: rule.anyOf.map((field) => ({ required: [field] })) });
    else if ("excludes" in rule) allOf.push({ not: { required: [rule.field, rule.excludes] } });
    else dependencies.set(rule.field, [...new Set([...(dependencies.get(rule.field) ?? []), rule.requires])]);
  }
  return {
    ...schema,
    ...(dependencies.size > 0 && { dependencies: Object.fromEntries(dependencies) }),
    ...(allOf.length > 0 && { allOf }),
  };
};

/** One object with the fields and rules of both, those of `a` first in a form. `names` say whose each is. */
export const mergeObjects = (a: JsonSchema, b: JsonSchema, names: readonly [a: string, b: string]): JsonSchema => {
  const first = Object.entries(a.properties ?? {});
  const second = Object.entries(b.properties ?? {});
  const twice = second.map(([name]) => name).filter((name) => Object.hasOwn(a.properties ?? {}, name));
  if (twice.length > 0)
    throw new KeywrightError("plugin-invalid", `${twice.join(", ")}: declared by ${names[0]} and by ${names[1]}.`, {
      hint: "Rename one, or leave it to the connector type.",
      data: { fields: twice },
    });
  const dependencies = { ...a.dependencies, ...b.dependencies };
  const allOf = [a["allOf"], b["allOf"]].flatMap((one) => (Array.isArray(one) ? (one as JsonSchema[]) : []));
  return {
    type: "object",
    properties: Object.fromEntries([
      ...first,
      ...second.map(
        ([name, one]) => [name, { ...one, "x-order": Number(one["x-order"] ?? 0) + first.length }] as const,
      ),
    ]),
    ...mergedRequired(a, b),
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
    ...(allOf.length > 0 && { allOf }),
    additionalProperties: false,
  };
};
const mergedRequired = (a: JsonSchema, b: JsonSchema) => {
  const required = [...(a.required ?? []), ...(b.required ?? [])];
  return required.length > 0 ? { required } : {};
};
