import { defineCredentialKind, secretString } from "@keywright/core";
import * as z from "zod";

/** What a caller receives. */
export const acmeCloudToken = defineCredentialKind({
  id: "acme-cloud-token",
  title: "Acme cloud token",
  description: "A bearer token, and where it is good.",
  fields: z.strictObject({
    token: secretString("The bearer token."),
    endpoint: z.url().describe("Address of the API."),
  }),
});
