import {
  connector,
  contractVersion,
  defineAuthMethod,
  defineConnectorType,
  defineCredentialKind,
  definePlugin,
  defineResourceType,
  defineSecretSchema,
  type KeywrightError,
  offer,
  type Plugin,
  secretString,
} from "@keywright/core";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import * as z from "zod";
import older from "../../../test/fixtures/zod-3-plugin/src/index.ts";
import newer from "../../../test/fixtures/zod-4-plugin/src/index.ts";
import wrong from "../../../test/fixtures/wrong-contract-plugin/src/index.ts";
import { manifestOf, parseManifest, schemaFilesOf } from "../src/index.ts";

const failureOf = (run: () => unknown): KeywrightError => {
  try {
    run();
  } catch (error) {
    return error as KeywrightError;
  }
  throw new Error("nothing was thrown");
};
const none = () => Promise.reject(new Error("no runtime"));
const text = z.string().describe("Text.");
const empty = z.strictObject({});

const manifest = manifestOf(newer, "p");

test("a plugin of zod 3 has the manifest of its twin in zod 4", () => {
  expect(manifestOf(older, "p")).toStrictEqual(manifest);
});
test("levels are lists, secrets and kinds are collected", () => {
  expect(manifest.connectors[0]?.resources[0]?.access.read?.map(({ credential }) => credential)).toEqual([
    { id: "example-token" },
  ]);
  expect(manifest.secretSchemas.map(({ id }) => id)).toEqual(["example-key"]);
  expect(manifest.credentialKinds.map(({ id }) => id)).toEqual(["example-token"]);
  expect(manifest.connectors[0]?.authMethods[0]?.config.dependencies).toEqual({ reason: ["role"] });
});
test("schema files stand alone", () => {
  const files = schemaFilesOf(manifest);
  expect([...files.keys()]).toEqual([
    "schemas/example.key.config.json",
    "schemas/example-key.secret.json",
    "schemas/example-token.credential.json",
    "schemas/example-drawer.store.json",
  ]);
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, validateFormats: false });
  ajv.addVocabulary(["x-order", "x-group"]);
  for (const schema of files.values()) {
    expect(schema).toMatchObject({ $id: expect.stringMatching(/^urn:keywright:/), title: expect.any(String) });
    expect(ajv.validateSchema(schema)).toBe(true);
    ajv.compile(schema);
  }
});
test("a plugin of another contract", () => {
  const { code, message } = failureOf(() => manifestOf(wrong, "@example/plugin"));
  expect(code).toBe("plugin-incompatible");
  expect(message).toContain("@example/plugin is written for plugin contract 999; this Keywright knows 1");
});

const token = defineCredentialKind({
  id: "token",
  title: "Token",
  description: "A token.",
  fields: z.strictObject({ token: secretString("Token.") }),
});
const otherToken = defineCredentialKind({ ...token, id: "other-token" });
const key = defineSecretSchema({
  id: "key",
  title: "Key",
  description: "A key.",
  fields: z.strictObject({ shared: secretString("Key.") }),
});
const shelf = defineResourceType({ id: "shelf", title: "Shelf", description: "A shelf.", credentials: [token] });
const withKey = defineAuthMethod({
  id: "Key",
  title: "Key",
  description: "With a key.",
  config: z.strictObject({ shared: text }),
  secret: key,
  lifetime: "provider",
  provides: [],
});
const type = defineConnectorType({
  id: "broken-type",
  title: "Broken",
  description: "Broken.",
  config: empty,
  facts: [],
  hosts: [],
  authMethods: [withKey, withKey],
  resources: [
    {
      ...offer(shelf, { resourceId: null, list: null, revocable: false, access: {} }),
      access: {
        read: {
          credential: otherToken,
          permissions: [{ actions: ["read"], on: "{nowhere}" }],
          confinement: { to: "resource", by: "narrowing", through: "method" },
        },
      },
    },
  ],
});

test("everything wrong with a plugin comes at once", () => {
  const plugin: Plugin = {
    contract: contractVersion,
    connectors: [connector(type, none as never), connector(type, none as never)],
    secretSchemas: [{ ...key, title: "Another" }],
  };
  const { code, data } = failureOf(() => manifestOf(plugin, "p"));
  expect(code).toBe("plugin-invalid");
  expect([...new Set(data?.["problems"] as string[])]).toEqual([
    "two different secret schemas have the id key",
    "connector type broken-type is declared twice",
    "broken-type: auth method Key is declared twice",
    "broken-type: shelf: no method provides narrowing",
    "broken-type: shelf: {nowhere} in {nowhere} is no configuration field, fact or part of the id",
    'the id of auth method of broken-type "Key" is not kebab-case',
    "broken-type Key: shared is configuration and secret at once",
    "broken-type: read of shelf hands out other-token, which shelf does not name",
  ]);
});
test("a default or example that does not fit", () => {
  const plugin = definePlugin({
    secretSchemas: [
      {
        ...key,
        fields: z.strictObject({
          a: z
            .string()
            .max(2)
            .meta({ description: "A.", examples: ["long"] }),
        }),
      },
    ],
  });
  expect(failureOf(() => manifestOf(plugin, "p")).message).toContain("the example of a does not fit it");
});

const written = JSON.stringify(manifest);
const changed = (change: (one: Record<string, unknown>) => void) => {
  const copy = JSON.parse(written) as Record<string, unknown>;
  change(copy);
  return JSON.stringify(copy);
};
const firstConnector = (one: Record<string, unknown>) => (one["connectors"] as Record<string, unknown>[])[0] ?? {};

test("a manifest is read back", () => {
  expect(parseManifest(written, "p")).toEqual(manifest);
});
test.each<[string, string, string, RegExp]>([
  [
    "newer manifest",
    changed((one) => (one["manifestVersion"] = 2)),
    "plugin-incompatible",
    /manifest version 2; .* knows manifest version 1/,
  ],
  [
    "no manifest version",
    changed((one) => delete one["manifestVersion"]),
    "plugin-incompatible",
    /manifest version unknown/,
  ],
  [
    "other contract",
    changed((one) => (one["contract"] = 0)),
    "plugin-incompatible",
    /plugin contract 0; .* knows plugin contract 1/,
  ],
  ["not JSON", "{", "plugin-invalid", /is not JSON/],
  ["no object", "[]", "plugin-invalid", /is not a manifest/],
  ["too large", " ".repeat(5 * 1024 * 1024 + 1), "plugin-invalid", /larger than 5 MB/],
  [
    "prototype key",
    written.replace('"description"', '"__proto__":{"x":1},"description"'),
    "plugin-invalid",
    /objects reserve/,
  ],
  [
    "escaped prototype key",
    written.replace('"description"', '"\\u005f_proto__":{},"description"'),
    "plugin-invalid",
    /objects reserve/,
  ],
  [
    "constructor",
    written.replace('"description"', '"constructor" : {},"description"'),
    "plugin-invalid",
    /objects reserve/,
  ],
  ["no list", changed((one) => (one["connectors"] = {})), "plugin-invalid", /no list of connectors/],
  ["bad id", changed((one) => (firstConnector(one)["id"] = "../x")), "plugin-invalid", /not kebab-case/],
  [
    "no methods",
    changed((one) => delete firstConnector(one)["authMethods"]),
    "plugin-invalid",
    /no list of authMethods/,
  ],
  [
    "no secret schema",
    changed((one) => (one["secretSchemas"] = [])),
    "plugin-invalid",
    /whose secret schema is missing/,
  ],
  [
    "twice",
    changed((one) => (one["connectors"] as unknown[]).push(firstConnector(one))),
    "plugin-invalid",
    /connector type example twice/,
  ],
])("reading: %s", (_, given, code, message) => {
  const failure = failureOf(() => parseManifest(given, "manifest of p"));
  expect(failure.message).toMatch(message);
  expect(failure.message.startsWith("manifest of p ")).toBe(true);
  expect([failure.code, typeof failure.hint]).toEqual([code, "string"]);
});
