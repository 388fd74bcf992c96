import { KeywrightError, type ObjectSchema, type Rule, secretString } from "@keywright/core";
import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { z as z3 } from "zod/v3";
import { check, mergeObjects, toJsonSchema } from "../src/index.ts";

const failureOf = (run: () => unknown): KeywrightError => {
  try {
    run();
  } catch (error) {
    if (KeywrightError.is(error)) return error as KeywrightError;
    throw error;
  }
  throw new Error("nothing was thrown");
};

const text = z.string().describe("Text.");
const inField = (field: z.core.$ZodType) => z.strictObject({ field: field as z.ZodString });
const described = <T extends z.ZodType>(schema: T) => schema.describe("Described.");
const inField3 = (field: z3.ZodTypeAny) => z3.object({ field: field.describe("Described.") }).strict();
const isPlain = (value: string) => value !== "";

/** What it is, the schema, the path that the error names. */
const refusedZod4: readonly (readonly [string, ObjectSchema, string])[] = [
  ["transform", inField(described(z.string().transform(Number))), "field"],
  [
    "transform with writeOnly",
    inField(
      z
        .string()
        .transform((v) => v.trim())
        .meta({ description: "D.", writeOnly: true }),
    ),
    "field",
  ],
  ["pipe", inField(described(z.string().pipe(z.string()))), "field"],
  ["codec", inField(described(z.stringbool())), "field"],
  ["preprocess", inField(described(z.preprocess(String, z.string()))), "field"],
  ["refine", inField(text.refine(isPlain)), "field"],
  ["superRefine", inField(text.superRefine(() => {})), "field"],
  ["check", inField(text.check(() => {})), "field"],
  ["refine of the object", z.strictObject({ field: text }).refine(() => true), "the schema"],
  ["refine in optional", inField(described(z.string().refine(isPlain).optional())), "field"],
  [
    "refine on optional",
    inField(
      described(
        z
          .string()
          .optional()
          .refine(() => true),
      ),
    ),
    "field",
  ],
  ["refine in default", inField(described(z.string().refine(isPlain).default("a"))), "field"],
  ["refine in array", inField(described(z.array(z.string().refine(isPlain)))), "field[]"],
  ["refine in record", inField(described(z.record(z.string(), z.string().refine(isPlain)))), "field.*"],
  ["refine in record key", inField(described(z.record(z.string().refine(isPlain), z.string()))), "field (key)"],
  ["refine in union", inField(described(z.union([z.number(), z.string().refine(isPlain)]))), "field"],
  ["refine in nullable", inField(described(z.string().refine(isPlain).nullable())), "field"],
  ["refine in nested object", inField(described(z.strictObject({ inner: text.refine(isPlain) }))), "field.inner"],
  ["custom format", inField(described(z.stringFormat("email", () => true))), "field"],
  ["jwt", inField(described(z.jwt())), "field"],
  ["limited URL", inField(described(z.url({ protocol: /^https$/ }))), "field"],
  ["flags", inField(described(z.string().regex(/a/i))), "field"],
  ["not unicode", inField(described(z.string().regex(/[\w-.]/))), "field"],
  ["trim", inField(described(z.string().trim())), "field"],
  ["toLowerCase", inField(described(z.string().toLowerCase())), "field"],
  ["date", inField(described(z.date())), "field"],
  ["bigint", inField(described(z.bigint())), "field"],
  ["bigint literal", inField(described(z.literal(1n))), "field"],
  ["map", inField(described(z.map(z.string(), z.string()))), "field"],
  ["set", inField(described(z.set(z.string()))), "field"],
  ["function", inField(z.function() as unknown as z.core.$ZodType), "field"],
  ["symbol", inField(described(z.symbol())), "field"],
  ["promise", inField(described(z.promise(z.string()))), "field"],
  ["custom", inField(described(z.custom<string>())), "field"],
  ["instanceof", inField(described(z.instanceof(URL))), "field"],
  ["any", inField(described(z.any())), "field"],
  ["unknown", inField(described(z.unknown())), "field"],
  ["undefined", inField(described(z.undefined())), "field"],
  ["never", inField(described(z.never())), "field"],
  ["catch", inField(described(z.string().catch("a"))), "field"],
  ["readonly", inField(described(z.string().readonly())), "field"],
  ["tuple", inField(described(z.tuple([z.string()]))), "field"],
  ["intersection", inField(described(z.intersection(z.string(), z.string()))), "field"],
  ["coerce", inField(described(z.coerce.number())), "field"],
  ["coerced text", inField(described(z.coerce.string())), "field"],
  ["lazy", inField(described(z.lazy(() => z.string()))), "field"],
  ["open object", z.object({ field: text }), "the schema"],
  ["loose object", z.looseObject({ field: text }), "the schema"],
  ["catchall", z.object({ field: text }).catchall(z.string()), "the schema"],
  ["nested open object", inField(described(z.object({ inner: text }))), "field"],
  ["loose record", inField(described(z.looseRecord(z.string(), z.string()))), "field"],
  ["no description", z.strictObject({ field: z.string() }), "field"],
  ["no nested description", inField(described(z.strictObject({ inner: z.string() }))), "field.inner"],
  ["default on a secret", z.strictObject({ field: secretString("S.").default("a" as never) }), "field"],
  [
    "default in a union",
    inField(described(z.union([z.null(), z.strictObject({ inner: text.default("a") })]))),
    "field.inner",
  ],
  ["optional in an array", inField(described(z.array(z.string().optional()))), "field[]"],
  ["random default", inField(described(z.number().default(Math.random))), "field"],
  ["unknown metadata", inField(z.string().meta({ description: "D.", grp: "G" })), "field"],
  ["metadata id", inField(z.string().meta({ description: "D.", id: "x" })), "field"],
  ["writeOnly without secretString", inField(z.string().meta({ description: "D.", writeOnly: true })), "field"],
  ["reserved name", z.strictObject({ constructor: text }), "constructor"],
];
type Tree = { readonly children: readonly Tree[] };
const tree: z.ZodType<Tree> = z.strictObject({
  get children() {
    return z.array(tree).describe("Children.");
  },
});

const refusedZod3: readonly (readonly [string, ObjectSchema, string])[] = [
  ["transform", inField3(z3.string().transform(Number)), "field"],
  ["preprocess", inField3(z3.preprocess(String, z3.string())), "field"],
  ["pipe", inField3(z3.string().pipe(z3.string())), "field"],
  ["refine", inField3(z3.string().refine(isPlain)), "field"],
  ["superRefine", inField3(z3.string().superRefine(() => {})), "field"],
  ["refine in optional", inField3(z3.string().refine(isPlain).optional()), "field"],
  ["refine in default", inField3(z3.string().refine(isPlain).default("a")), "field"],
  ["refine in array", inField3(z3.array(z3.string().refine(isPlain))), "field[]"],
  ["refine in record", inField3(z3.record(z3.string().refine(isPlain))), "field.*"],
  ["refine in union", inField3(z3.union([z3.number(), z3.string().refine(isPlain)])), "field"],
  ["refine in nullable", inField3(z3.string().refine(isPlain).nullable()), "field"],
  ["refine in brand", inField3(z3.string().refine(isPlain).brand("b")), "field"],
  [
    "refine in nested",
    inField3(z3.object({ inner: z3.string().describe("D.").refine(isPlain) }).strict()),
    "field.inner",
  ],
  ["date", inField3(z3.date()), "field"],
  ["bigint", inField3(z3.bigint()), "field"],
  ["map", inField3(z3.map(z3.string(), z3.string())), "field"],
  ["set", inField3(z3.set(z3.string())), "field"],
  ["function", inField3(z3.function()), "field"],
  ["symbol", inField3(z3.symbol()), "field"],
  ["promise", inField3(z3.promise(z3.string())), "field"],
  ["any", inField3(z3.any()), "field"],
  ["unknown", inField3(z3.unknown()), "field"],
  ["catch", inField3(z3.string().catch("a")), "field"],
  ["readonly", inField3(z3.string().readonly()), "field"],
  ["tuple", inField3(z3.tuple([z3.string()])), "field"],
  ["intersection", inField3(z3.intersection(z3.string(), z3.string())), "field"],
  ["coerce", inField3(z3.coerce.number()), "field"],
  ["lazy", inField3(z3.lazy(() => z3.string())), "field"],
  ["trim", inField3(z3.string().trim()), "field"],
  ["flags", inField3(z3.string().regex(/a/i)), "field"],
  ["two formats", inField3(z3.string().email().url()), "field"],
  ["datetime with options", inField3(z3.string().datetime({ offset: true })), "field"],
  ["starts with", inField3(z3.string().startsWith("arn:")), "field"],
  ["open object", z3.object({ field: z3.string().describe("D.") }), "the schema"],
  ["passthrough", z3.object({ field: z3.string().describe("D.") }).passthrough(), "the schema"],
  [
    "catchall",
    z3
      .object({ field: z3.string().describe("D.") })
      .strict()
      .catchall(z3.string()),
    "the schema",
  ],
  ["nested open object", inField3(z3.object({ inner: z3.string().describe("D.") })), "field"],
  ["no description", z3.object({ field: z3.string() }).strict(), "field"],
  ["random default", inField3(z3.number().default(Math.random)), "field"],
];

describe("constructs that JSON Schema cannot carry", () => {
  test.each([
    ...refusedZod4.map(([name, schema, field]) => [`zod 4: ${name}`, schema, field] as const),
    ["zod 4: recursive", z.strictObject({ field: described(tree) }), "field.children[].children"] as const,
    ...refusedZod3.map(([name, schema, field]) => [`zod 3: ${name}`, schema, field] as const),
  ])("%s", (_, schema, field) => {
    const { code, message, hint, data } = failureOf(() => toJsonSchema(schema as ObjectSchema, "example config"));
    expect(code).toBe("plugin-invalid");
    expect(message.slice(0, `example config: ${field} `.length)).toBe(`example config: ${field} `);
    expect(hint).toBeTruthy();
    expect(data).toHaveProperty("problems.0.field", field === "the schema" ? "" : field);
  });

  test("a default on a secret of zod 3", () => {
    const schema = z3.object({ key: z3.string().default("a").describe("Key.") }).strict();
    expect(failureOf(() => toJsonSchema(schema, "s", [], "secret")).message).toContain(
      "key is a secret with a default",
    );
  });
  test("all of them at once", () => {
    const schema = z.strictObject({ a: described(z.date()), b: z.string() });
    expect(failureOf(() => toJsonSchema(schema, "example")).message).toMatch(/a is a date.*; b has no description/);
  });
});

const rules: readonly Rule[] = [
  { field: "a", requires: "b" },
  { field: "a", requires: "d" },
  { field: "c", excludes: "d" },
  { anyOf: ["b", "d"] },
];
const four = z.strictObject({ a: text.optional(), b: text.optional(), c: text.optional(), d: text.optional() });

describe("what is carried", () => {
  test("secrets, defaults, examples, groups, order", () => {
    const schema = z.strictObject({
      zone: z
        .string()
        .min(1)
        .meta({ description: "Zone.", examples: ["a"], group: "Place" }),
      group: z.boolean().default(false).describe("A field that is called group."),
      key: secretString("Key.").optional(),
    });
    expect(toJsonSchema(schema, "example")).toStrictEqual({
      type: "object",
      properties: {
        zone: { type: "string", minLength: 1, description: "Zone.", examples: ["a"], "x-group": "Place", "x-order": 0 },
        group: { type: "boolean", default: false, description: "A field that is called group.", "x-order": 1 },
        key: { type: "string", minLength: 1, maxLength: 262_144, writeOnly: true, description: "Key.", "x-order": 2 },
      },
      required: ["zone"],
      additionalProperties: false,
    });
    expect(toJsonSchema(schema, "example", [], "output").required).toEqual(["zone", "group"]);
  });
  test("all text of a secret in zod 3 is writeOnly", () => {
    const schema = z3.object({ a: z3.string().optional().describe("A."), n: z3.number().describe("N.") }).strict();
    const { properties } = toJsonSchema(schema, "example", [], "secret");
    expect([properties?.["a"]?.["writeOnly"], properties?.["n"]?.["writeOnly"]]).toEqual([true, undefined]);
    expect(toJsonSchema(schema, "example").properties?.["a"]).not.toHaveProperty("writeOnly");
  });
  test("rules across fields", () => {
    const schema = toJsonSchema(four, "example", rules);
    expect(schema.dependencies).toEqual({ a: ["b", "d"] });
    expect(schema["allOf"]).toEqual([
      { not: { required: ["c", "d"] } },
      { anyOf: [{ required: ["b"] }, { required: ["d"] }] },
    ]);
    expect(check(schema, { a: "x", b: "y" }).problems.map(({ message }) => message)).toEqual([
      "a needs d as well: Text",
    ]);
    expect(check(schema, { c: "x", d: "y" }).problems.map(({ message }) => message)).toEqual([
      "c and d exclude one another; leave one out",
    ]);
    expect(check(schema, { c: "x" }).problems.map(({ message }) => message)).toEqual(["one of b and d is needed"]);
    expect(check(schema, { a: "1", b: "2", d: "3" }).problems).toEqual([]);
  });
  test("rules that cannot hold are refused", () => {
    const schema = z.strictObject({ alpha: text.optional(), beta: text.default("x") });
    const rule = (one: Rule) => failureOf(() => toJsonSchema(schema, "example", [one])).message;
    expect(rule({ field: "alpa", requires: "beta" })).toContain(
      "alpa is in a rule but is no field. Did you mean alpha?",
    );
    expect(rule({ field: "alpha", excludes: "beta" })).toContain("beta is in a rule and has a default");
  });
  test("merging", () => {
    const [a, b] = [toJsonSchema(inField(text), "a"), toJsonSchema(z.strictObject({ other: text.optional() }), "b")];
    const merged = mergeObjects(a, b, ["type", "method"]);
    expect(merged.required).toEqual(["field"]);
    expect(Object.entries(merged.properties ?? {}).map(([name, one]) => [name, one["x-order"]])).toEqual([
      ["field", 0],
      ["other", 1],
    ]);
    expect(failureOf(() => mergeObjects(a, a, ["type t", "method m"])).message).toBe(
      "field: declared by type t and by method m.",
    );
  });
});

const representative = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(5)
    .regex(/^[a-c]+$/)
    .describe("N."),
  size: z.int().min(-3).max(9).optional().describe("S."),
  ratio: z.number().gt(0).lt(1).optional().describe("R."),
  on: z.boolean().default(false).describe("O."),
  level: z.enum(["low", "high"]).optional().describe("L."),
  list: z.array(z.string().min(1)).min(1).max(2).optional().describe("L."),
  tags: z
    .record(z.string().regex(/^[a-z]$/), z.number())
    .optional()
    .describe("T."),
  either: z
    .union([z.literal("x"), z.number(), z.strictObject({ k: text })])
    .optional()
    .describe("E."),
  empty: z.string().max(2).nullable().optional().describe("E."),
  mail: z.email().optional().describe("M."),
  at: z.iso.datetime().optional().describe("A."),
  local: z.iso.datetime({ local: true, offset: true }).optional().describe("A."),
  url: z.url().optional().describe("U."),
  key: secretString("K.").optional(),
});

test("zod and JSON Schema accept the same values", () => {
  const schema = toJsonSchema(representative, "example");
  const any = fc.oneof(
    fc.constantFrom("a", "abc", "", "x", "low", null, 0, 1, 0.5, true, [], ["a"], {}, { k: "v" }, { a: 1 }, "a@b.co"),
    fc.constantFrom(
      "2026-01-31T12:00:00Z",
      "2026-02-30T12:00:00Z",
      "2026-01-31T12:00",
      "https://a.b/c",
      "no url",
      2 ** 60,
    ),
    fc.string({ unit: "grapheme", maxLength: 8 }).filter((one) => one === one.trim()),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const names = Object.keys(representative.shape);
  const values = fc
    .record(Object.fromEntries(names.map((name) => [name, any])), { requiredKeys: [] })
    .chain((one) => fc.boolean().map((plain) => (plain ? { name: "abc", ...one } : one)));
  const single = fc.tuple(fc.constantFrom(...names, "other"), any).map(([name, one]) => ({ name: "a", [name]: one }));
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 1, arbitrary: values }, { weight: 4, arbitrary: single }), (given) => {
      const byZod = representative.safeParse(given).success;
      if (byZod) accepted++;
      const { problems } = check(schema, given);
      expect({ given, problems, accepted: problems.length === 0 }).toMatchObject({ accepted: byZod });
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test("schemas are draft-07 for a validator that takes nothing amiss", () => {
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, validateFormats: false });
  ajv.addVocabulary(["x-order", "x-group"]);
  const schema = { $schema: "http://json-schema.org/draft-07/schema#", ...toJsonSchema(representative, "example") };
  expect(ajv.validateSchema(schema)).toBe(true);
  expect(ajv.compile(schema)({ name: "abc" })).toBe(true);
});
