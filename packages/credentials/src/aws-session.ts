import { defineCredentialKind, secretString } from "@keywright/core";
import * as z from "zod";

/** Keys of an STS session. https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html */
export const awsSession = defineCredentialKind({
  id: "aws-session",
  title: "AWS session",
  description: "Access key, secret key and session token of an STS session.",
  fields: z.strictObject({
    accessKeyId: z.string().describe("Access key id, ASIA… for a session."),
    secretAccessKey: secretString("Secret half of the key."),
    sessionToken: secretString("Session token; every request carries it.").optional(),
    region: z.string().describe("Region to call."),
    accountId: z.string().optional().describe("Account the session belongs to."),
    endpoints: z
      .record(z.string(), z.string())
      .optional()
      .describe("Service name to endpoint, where they are not AWS's own."),
  }),
});
