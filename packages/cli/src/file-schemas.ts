/** Every file that Keywright reads beside a plugin's own: JSON Schema draft-07, for editors and for the check before it is used. */
import type { JsonSchema, ManifestConnector, Manifest } from "@keywright/manifest";
import { manifestSchema } from "@keywright/manifest/manifest-schema";

const text = (description: string, more: object = {}) => ({ type: "string", description, ...more });
const strict = (
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
) => ({
  type: "object",
  description,
  properties,
  required,
  additionalProperties: false,
});
const head = (id: string, title: string) => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  $id: `urn:keywright:file:${id}`,
  title,
});
/** An editor's way to this schema; nobody reads it. */
const schemaField = { $schema: text("Schema of this file, for editors.") };
const duration = { pattern: "^\\d+(?:s|m|h|d)?$", examples: ["15m"] };
const access = { enum: ["read", "write", "admin"] };

/** `keywright.json`, beside package.json. */
export const configurationSchema: JsonSchema = {
  ...head("configuration", "keywright.json"),
  ...strict("Settings of a project.", {
    ...schemaField,
    grant: strict(
      "What run and grant issue take where no --connector is given.",
      {
        connector: text("Name or id of a connector."),
        resourceType: text("Class of thing to reach.", { examples: ["s3-bucket"] }),
        resourceId: text("The one resource, in any spelling that its type accepts.", { examples: ["s3://models"] }),
        access: text("Level; read when left out and offered.", access),
        ttl: text("How long a grant shall live.", duration),
      },
      ["connector"],
    ),
    types: strict("What keywright types writes.", {
      output: text("File, from the folder of this one.", { pattern: "\\.d\\.ts$", examples: ["src/keywright.d.ts"] }),
    }),
  }),
};

const settings: Readonly<Record<string, JsonSchema>> = {
  ...schemaField,
  name: text("What to call the connector; an argument of the command line stands above it."),
  resourceTypes: { type: "array", items: { type: "string" }, description: "Limit it to these resource types." },
  resourceId: text("Limit it to this one resource."),
  labels: { type: "object", additionalProperties: { type: "string" }, description: "Labels." },
  description: text("What it is for."),
  expiresAt: text("When the given credential itself ends, with a zone.", { format: "date-time" }),
  skew: text("How long before that it is no longer used.", duration),
  lifetime: text("Longest life of its grants.", duration),
  allowUnconfined: {
    type: "boolean",
    description: "Grants may reach wider than asked, where the method cannot narrow.",
  },
  allowMainCredential: { type: "boolean", description: "The stored credential itself may leave." },
  allowEndpoints: {
    type: "array",
    items: { type: "string" },
    description: "Addresses that it may dial beside the provider's own.",
  },
  allowCommands: { type: "array", items: { type: "string" }, description: "Programs that it may run, word for word." },
};
/** Where the value of a secret field is, never the value. */
const whereSecret = text("Where the value is: env:NAME, @FILE, or - for standard input.", {
  pattern: "^(?:env:.+|@.+|-)$",
  examples: ["env:AWS_SECRET_ACCESS_KEY"],
});
const values = { anyOf: [{ type: ["string", "number", "boolean"] }, { type: "array" }, { type: "object" }] };

/** `connector register --answers FILE`, whatever the plugin. */
export const answersSchema: JsonSchema = {
  ...head("answers", "Answers for keywright connector register"),
  ...strict(
    "What the wizard would ask for.",
    {
      ...settings,
      type: text("Connector type.", { examples: ["aws"] }),
      authMethod: text("How to authenticate.", { examples: ["iam-role"] }),
      config: { type: "object", additionalProperties: values, description: "Fields of the type and the method." },
      secret: { type: "object", additionalProperties: whereSecret, description: "Where each secret field is found." },
    },
    ["type"],
  ),
};

const answersOf = (type: ManifestConnector, { secretSchemas }: Manifest): JsonSchema[] =>
  type.authMethods.map((method) => {
    const secret = secretSchemas.find(({ id }) => id === method.secret)?.schema;
    return strict(
      `${type.title}: ${method.title}.`,
      {
        ...settings,
        type: { const: type.id, description: type.description },
        authMethod: { const: method.id, description: method.description },
        config: method.config,
        ...(secret && {
          secret: strict(
            "Where each secret field is found.",
            Object.fromEntries(
              Object.entries(secret.properties ?? {}).map(([name, field]) => [
                name,
                { ...whereSecret, description: `${String(field["description"] ?? name)} ${whereSecret.description}` },
              ]),
            ),
            secret.required,
          ),
        }),
      },
      [
        "type",
        "authMethod",
        ...((method.config.required ?? []).length > 0 ? ["config"] : []),
        ...(secret ? ["secret"] : []),
      ],
    );
  });
/** The same, with every field of the plugins that are here. */
export const answersSchemaOf = (
  sources: readonly { readonly type: ManifestConnector; readonly manifest: Manifest }[],
): JsonSchema => ({
  ...head("answers", "Answers for keywright connector register"),
  type: "object",
  oneOf: sources.flatMap(({ type, manifest }) => answersOf(type, manifest)),
});

const hash = { type: "string", pattern: "^sha256-[A-Za-z0-9+/]{43}=$" };
/** `keywright-lock.json`. */
export const lockSchema: JsonSchema = {
  ...head("keywright-lock", "keywright-lock.json"),
  ...strict(
    "Plugins that may run, with a hash of every file they ship. Written by keywright plugin add; to be reviewed and committed.",
    {
      ...schemaField,
      lockVersion: { const: 1, description: "Of the shape of this file." },
      plugins: {
        type: "object",
        description: "npm name → what was recorded.",
        additionalProperties: strict(
          "One plugin.",
          {
            version: text("Version that was enabled."),
            brings: { type: "array", items: { type: "string" }, description: "What it declares." },
            integrity: { ...hash, description: "Of all files together; absent: its files are not checked." },
            files: { type: "object", additionalProperties: hash, description: "Path below the package → hash." },
          },
          ["version", "brings"],
        ),
      },
    },
    ["lockVersion", "plugins"],
  ),
};

/** What a plugin ships, see `keywright plugin build`. */
export { manifestSchema };

/** File name below `schemas/` of this package → schema; `npm run generate` writes them. */
export const fileSchemas: Readonly<Record<string, JsonSchema>> = {
  "keywright.json": configurationSchema,
  "keywright-lock.json": lockSchema,
  "answers.json": answersSchema,
  "manifest.json": manifestSchema,
};
