import { defineAuthMethod, defineSecretSchema, secretString } from "@keywright/core";
import * as z from "zod";

/** The main credential: a secret store keeps it, and only `open` ever reads it. */
export const apiKeySecret = defineSecretSchema({
  id: "acme-cloud-api-key",
  title: "API key",
  description: "A key of Acme cloud, and its secret.",
  fields: z.strictObject({
    keyId: z
      .string()
      .min(1)
      .max(128)
      .describe("Id of the key.")
      .meta({ examples: ["fk-1a2b3c"] }),
    keySecret: secretString("Secret of the key."),
  }),
});

export const apiKey = defineAuthMethod({
  id: "api-key",
  title: "API key",
  description: "A key makes tokens that reach one thing at one level, and end by themselves.",
  // What this method asks for beside the connector type's own.
  config: z.strictObject({}),
  secret: apiKeySecret,
  // Seconds. The provider refuses what is shorter or longer.
  lifetime: { min: 60, default: 900, max: 3600 },
  // Levels whose confinement is by `token-scope` can be narrowed with this method.
  provides: ["token-scope"],
  needs: [{ actions: ["token:create"], on: "*" }],
});
