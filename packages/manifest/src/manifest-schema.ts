/** JSON Schema draft-07 of a plugin's `generated/manifest.json`: what generators check before they write, and editors read. */
import type { JsonSchema } from "./manifest.ts";

const text = (description: string): JsonSchema => ({ type: "string", description });
const texts = (description: string): JsonSchema => ({ type: "array", items: { type: "string" }, description });
const id: JsonSchema = { type: "string", pattern: "^[a-z0-9]+(?:-[a-z0-9]+)*$", maxLength: 64 };
const strict = (properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});
const list = (items: JsonSchema): JsonSchema => ({ type: "array", items });
const recordOf = (values: JsonSchema): JsonSchema => ({ type: "object", additionalProperties: values });
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [{ type: "null" }, schema] });

const about = { id, title: { type: "string", minLength: 1 }, description: { type: "string", minLength: 1 } };
/** A JSON Schema of an object, strict; checked against draft-07 of its own. */
const objectSchema: JsonSchema = {
  type: "object",
  properties: {
    type: { const: "object" },
    properties: { type: "object" },
    required: { type: "array", items: { type: "string" } },
  },
  required: ["type", "properties"],
};
const permissions = list(
  strict(
    {
      actions: texts("In the provider's words."),
      on: text("Template of what they are allowed on."),
      where: recordOf({ type: "string" }),
    },
    ["where"],
  ),
);
const seconds = { type: "integer", minimum: 1 };
const lifetime: JsonSchema = {
  anyOf: [
    { enum: ["provider", "unbounded"] },
    strict({ min: seconds, default: seconds, max: seconds, minFrom: text("Field that may lower it.") }, ["minFrom"]),
  ],
};
const condition = strict({ name: text("Field or fact."), is: text("Its value.") }, ["is"]);
const behaviour = {
  lifetime,
  provides: texts("Capabilities."),
  needs: permissions,
  handsOut: { const: "main-credential" },
};
const behaviourOptional = ["needs", "handsOut"];
const confinement = orNull(
  strict({
    to: { enum: ["resource", "resource-type", "account"] },
    by: { type: "string" },
    through: { enum: ["resource", "method"] },
  }),
);
const level = strict(
  {
    credential: strict({ id, operation: { const: true } }, ["operation"]),
    permissions,
    needs: permissions,
    requires: texts("Capabilities."),
    confinement,
    derived: { const: true },
    lifetime,
    note: { type: "string" },
  },
  ["needs", "requires", "derived", "lifetime", "note"],
);
const ways = { type: "array", minItems: 1, items: level };
const offer = strict({
  type: strict({ ...about, credentials: { type: "array", minItems: 1, items: id } }),
  resourceId: orNull(
    strict(
      {
        spellings: { type: "array", minItems: 1, items: { type: "string" } },
        rewrites: list({ type: "array", items: { type: "string" }, minItems: 2, maxItems: 2 }),
        fields: recordOf(
          strict({ pattern: { type: "string" }, ignoreCase: { const: true }, example: { type: "string" } }, [
            "ignoreCase",
            "example",
          ]),
        ),
      },
      ["rewrites"],
    ),
  ),
  access: strict({ read: ways, write: ways, admin: ways }, ["read", "write", "admin"]),
  list: orNull(permissions),
  revocable: { type: "boolean" },
});
const method = strict(
  {
    ...about,
    ...behaviour,
    config: objectSchema,
    secret: orNull(id),
    login: strict({ yields: id, when: condition }, ["when"]),
    variants: list(strict({ id: text("What makes the case."), when: condition, ...behaviour }, behaviourOptional)),
  },
  [...behaviourOptional, "login", "variants"],
);
const requirement = orNull(
  strict(
    {
      type: id,
      access: { enum: ["read", "write", "admin"] },
      connectorType: id,
      resourceId: orNull({ type: "string" }),
    },
    ["connectorType"],
  ),
);

export const manifestSchema: JsonSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  $id: "urn:keywright:file:manifest",
  title: "generated/manifest.json",
  description:
    "What a plugin declares. Written by keywright plugin build; lists, forms, validation and pages are made from it.",
  ...strict({
    $comment: text("What writes it."),
    manifestVersion: { const: 1 },
    contract: { type: "integer", minimum: 1 },
    package: text("npm name of the package that brings it."),
    connectors: list(
      strict({
        ...about,
        facts: texts("Known once a session is open."),
        hosts: texts("Dialled without an operator's leave."),
        authMethods: { type: "array", minItems: 1, items: method },
        resources: list(offer),
      }),
    ),
    secretStores: list(
      strict({
        ...about,
        config: objectSchema,
        connector: requirement,
        limits: strict({ path: { type: "string" }, valueBytes: { type: "integer", minimum: 1 } }),
        readable: { enum: ["readable", "write-only"] },
        features: list({ enum: ["versions", "compare-and-set", "labels"] }),
      }),
    ),
    flavors: list(
      strict(
        { ...about, component: id, config: objectSchema, connector: requirement, idAttribute: { type: "string" } },
        ["idAttribute"],
      ),
    ),
    secretSchemas: list(strict({ ...about, schema: objectSchema })),
    credentialKinds: list(
      strict({ ...about, schema: objectSchema, operation: strict({ input: objectSchema, output: objectSchema }) }, [
        "operation",
      ]),
    ),
  }),
};
