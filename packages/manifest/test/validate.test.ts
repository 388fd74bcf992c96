import { inspect } from "node:util";
import { KeywrightError, secretString } from "@keywright/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { check, secretFieldsOf, splitConfig, toJsonSchema, validate } from "../src/index.ts";

const schema = toJsonSchema(
  z.strictObject({
    region: z
      .string()
      .regex(/^[a-z-]+\d$/)
      .meta({ description: "Region to call.", examples: ["eu-central-1"] }),
    partition: z.enum(["aws", "aws-cn"]).default("aws").describe("Partition."),
    fips: z.boolean().default(false).describe("FIPS."),
    retries: z.int().min(0).optional().describe("Retries."),
    regions: z.array(z.string()).max(3).optional().describe("Regions."),
    ports: z.array(z.int()).optional().describe("Ports."),
    tags: z.record(z.string(), z.string()).optional().describe("Tags."),
    limit: z
      .union([z.number(), z.strictObject({ per: z.string().describe("Per.") })])
      .optional()
      .describe("Limit."),
    note: z.string().nullable().optional().describe("Note."),
  }),
  "example",
);
const secret = toJsonSchema(
  z.strictObject({
    id: z.string().max(5).describe("Id."),
    key: secretString("Key."),
    nested: z
      .strictObject({ token: secretString("Token.") })
      .optional()
      .describe("Nested."),
  }),
  "secret",
  [],
  "secret",
);
const messagesOf = (given: unknown, options = {}) =>
  check(schema, given, options).problems.map(({ message }) => message);
const failureOf = (run: () => unknown): KeywrightError => {
  try {
    run();
  } catch (error) {
    if (KeywrightError.is(error)) return error as KeywrightError;
    throw error;
  }
  throw new Error("nothing was thrown");
};

test("defaults are filled in, what was given stays", () => {
  const given = Object.freeze({ region: "eu-1", tags: Object.freeze({ a: "b" }), retries: undefined });
  expect(validate(schema, given, "c")).toEqual({ region: "eu-1", partition: "aws", fips: false, tags: { a: "b" } });
});

test.each([
  [{ region: "eu-1", regoin: "x" }, "regoin is not known. Did you mean region?"],
  [{}, "region is missing: Region to call"],
  [{ region: "EU" }, "region must have the form of eu-central-1 (^[a-z-]+\\d$): Region to call"],
  [{ region: "eu-1", partition: "aws-ch" }, "partition must be aws or aws-cn. Did you mean aws-cn?"],
  [{ region: "eu-1", fips: "true" }, "fips must be true or false"],
  [{ region: "eu-1", retries: -1 }, "retries must be at least 0"],
  [{ region: "eu-1", regions: ["a", 1] }, "regions[1] must be text"],
  [{ region: "eu-1", regions: ["a", "b", "c", "d"] }, "regions must have at most 3 entries"],
  [{ region: "eu-1", limit: true }, "limit fits none of the forms it may have: Limit"],
  [{ region: "eu-1", tags: { a: new Date() } }, "tags.a is not plain data"],
  [{ region: "eu-1", "a\nb": 1 }, "a?b is not known."],
  [[], "must be an object of attributes"],
  [null, "must be an object of attributes"],
  ["x", "must be an object of attributes"],
])("%j", (given, message) => {
  expect(messagesOf(given)).toEqual([message]);
});

test("several problems in one error", () => {
  const { code, message, data, hint } = failureOf(() => validate(schema, { fips: 1, regoin: "x" }, "connector prod"));
  expect(code).toBe("config-invalid");
  expect(message).toBe(
    "connector prod: region is missing: Region to call; regoin is not known. Did you mean region?; fips must be true or false.",
  );
  expect(data).toMatchObject({ problems: [{ field: "region" }, { field: "regoin" }, { field: "fips" }] });
  expect(hint).toContain("region, partition");
});

describe("text from a command line", () => {
  test.each([
    [{ fips: "true" }, { fips: true }],
    [{ retries: "3" }, { retries: 3 }],
    [{ regions: "a, b" }, { regions: ["a", "b"] }],
    [{ regions: '["a,b"]' }, { regions: ["a,b"] }],
    [{ regions: "" }, { regions: [] }],
    [{ ports: "1,2" }, { ports: [1, 2] }],
    [{ ports: ["1", "2"] }, { ports: [1, 2] }],
    [{ tags: '{"a":"1"}' }, { tags: { a: "1" } }],
    [{ limit: "2" }, { limit: 2 }],
    [{ limit: '{"per":"day"}' }, { limit: { per: "day" } }],
    [{ note: "null" }, { note: "null" }],
  ])("%j", (given, expected) => {
    const { value, problems } = check(schema, { region: "eu-1", ...given }, { coerceStrings: true });
    expect(problems).toEqual([]);
    expect(value).toMatchObject(expected);
  });
  test.each([
    [{ fips: "yes" }, "fips must be true or false"],
    [{ retries: "0x10" }, "retries must be a whole number"],
    [{ retries: "1.5" }, "retries must be a whole number"],
    [{ retries: "" }, "retries must be a whole number"],
    [{ ports: "1,b" }, "ports[1] must be a whole number"],
    [{ tags: "a=b" }, 'tags must be JSON, like {"name":"value"}'],
    [{ regions: "[1" }, "regions must be a list: a,b or JSON"],
  ])("%j", (given, message) => {
    expect(messagesOf({ region: "eu-1", ...given }, { coerceStrings: true })).toEqual([message]);
  });
});

describe("names that reach a prototype", () => {
  test.each(["__proto__", "constructor", "prototype"])("%s", (name) => {
    const given: unknown = JSON.parse(`{"region":"eu-1","${name}":{"polluted":true}}`);
    expect(messagesOf(given)).toEqual([`${name} is not known`]);
    const nested: unknown = JSON.parse(`{"region":"eu-1","tags":{"${name}":"x"}}`);
    expect(messagesOf(nested)).toEqual([`tags.${name} is not known`]);
    expect(failureOf(() => validate(schema, nested, "c", { coerceStrings: true })).code).toBe("config-invalid");
    expect({}).not.toHaveProperty("polluted");
  });
  test("inherited names are not taken for attributes", () => {
    expect(messagesOf({ region: "eu-1", toString: "x" })).toEqual(["toString is not known."]);
  });
});

test("no error holds a secret's value", () => {
  const canary = "c4n4ry-Secret";
  const shapes = fc.constantFrom<unknown>(
    canary,
    canary.repeat(30_000),
    { [`x`]: canary },
    [canary],
    7,
    null,
    true,
    "",
  );
  const values = fc.record(
    { id: shapes, key: shapes, kye: shapes, nested: fc.oneof(shapes, fc.record({ token: shapes, tokne: shapes })) },
    { requiredKeys: [] },
  );
  let refused = 0;
  fc.assert(
    fc.property(values, fc.boolean(), (given, coerceStrings) => {
      const run = () => validate(secret, given, "secret of prod", { coerceStrings, secret: true });
      if (check(secret, given, { coerceStrings }).value !== null) return;
      refused++;
      const failure = failureOf(run);
      expect(failure.code).toBe("secret-invalid");
      expect(inspect(failure, { depth: 10 }) + JSON.stringify(failure)).not.toContain("c4n4ry");
      expect(failure.message.length).toBeLessThan(1000);
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(500);
});

test("secret attributes, and which attributes are of the secret", () => {
  expect(secretFieldsOf(secret)).toEqual(["key", "nested"]);
  expect(secretFieldsOf(schema)).toEqual([]);
  expect(splitConfig({ region: "a", key: "b", other: "c" }, secret)).toEqual({
    config: { region: "a", other: "c" },
    secret: { key: "b" },
  });
});

test("a deep or endless value is refused", () => {
  const endless: Record<string, unknown> = { region: "eu-1" };
  endless["tags"] = endless;
  expect(messagesOf(endless)[0]).toMatch(/nested too deep$/);
});
