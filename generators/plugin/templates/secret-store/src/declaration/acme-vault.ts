import { defineSecretStore } from "@keywright/core";
import * as z from "zod";

/** Where secrets are kept. Scopes and schemas are the host's: a store sees paths and named values. */
export const acmeVault = defineSecretStore({
  id: "acme-vault",
  title: "Acme vault",
  description: "Secrets in Acme vault.",
  config: z.strictObject({
    endpoint: z
      .url()
      .default("https://vault.acme-vault.example")
      .describe("Address of the API.")
      .meta({ examples: ["https://vault.acme-vault.example"] }),
    keyFile: z
      .string()
      .min(1)
      .describe("File with the key, as `id:secret`; nobody else may read it.")
      .meta({ examples: ["/run/secrets/vault-key"] }),
    prefix: z
      .string()
      .regex(/^(?:[\w.-]+\/)*$/)
      .default("")
      .describe("Begins every path, and ends with a slash: what does not begin so is not this store's.")
      .meta({ examples: ["team-a/"] }),
  }),
  // One that is reached through a connector names it: `{ type, access, resourceId }`.
  connector: null,
  // The pattern of a whole path, and how many bytes the values of one secret have together.
  limits: { path: "[\\w.@=+-]+(?:/[\\w.@=+-]+)*", valueBytes: 8192 },
  readable: "readable",
  // A lost race is an error and never a lost value; labels stand beside the value.
  features: ["compare-and-set", "labels"],
});
