import { defineSecretSchema, secretString } from "@keywright/core";
import * as z from "zod";

/** What is asked for, field by field, and how each is checked. `secretString` marks what must never be shown. */
export const acmeLogin = defineSecretSchema({
  id: "acme-login",
  title: "Acme login",
  description: "A user and the password.",
  fields: z.strictObject({
    username: z
      .string()
      .min(1)
      .max(128)
      .describe("Name of the user.")
      .meta({ examples: ["ada"] }),
    password: secretString("Password of the user."),
    host: z.string().optional().describe("Host that the login is for; any when left out."),
  }),
});
