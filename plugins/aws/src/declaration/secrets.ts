import { defineSecretSchema, secretString } from "@keywright/core";
import * as z from "zod";

const accessKeyId = z
  .string()
  .regex(/^(AKIA|ASIA)[A-Z0-9]{12,124}$|^[A-Za-z0-9]{4,128}$/)
  .describe("Access key id.")
  .meta({ examples: ["AKIAIOSFODNN7EXAMPLE"] });
const secretAccessKey = secretString("Secret access key; AWS shows it once, when the key is made.");

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html */
export const accessKey = defineSecretSchema({
  id: "aws-access-key",
  title: "AWS access key",
  description: "Key pair of an IAM user.",
  fields: z.strictObject({ accessKeyId, secretAccessKey }),
});
/** A key pair, or keys of a session that somebody already issued: what a role is assumed with. */
export const sourceKeys = defineSecretSchema({
  id: "aws-source-keys",
  title: "AWS source keys",
  description: "Key pair of an IAM user, or keys of a session, that may assume the role.",
  fields: z.strictObject({
    accessKeyId,
    secretAccessKey,
    sessionToken: secretString("Session token, where the keys are those of a session.").optional(),
  }),
});
export const sessionKeys = defineSecretSchema({
  id: "aws-session-keys",
  title: "AWS session keys",
  description: "Keys of a session that somebody already issued.",
  fields: z.strictObject({ accessKeyId, secretAccessKey, sessionToken: secretString("Session token.") }),
});
export const webIdentityToken = defineSecretSchema({
  id: "aws-web-identity-token",
  title: "Web identity token",
  description: "JSON Web Token of an OpenID Connect issuer that the role trusts; left out when tokenFile is set.",
  fields: z.strictObject({ token: secretString("JSON Web Token.").optional() }),
});
/** What GetSessionToken answers to an MFA code; kept for up to 36 hours. */
export const mfaSession = defineSecretSchema({
  id: "aws-mfa-session",
  title: "AWS session after MFA",
  description: "Session that was opened with a code of an MFA device.",
  fields: z.strictObject({
    accessKeyId,
    secretAccessKey,
    sessionToken: secretString("Session token."),
    expiresAt: z.iso.datetime().describe("When the session ends."),
  }),
});
/** https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html */
export const ssoTokens = defineSecretSchema({
  id: "aws-sso-tokens",
  title: "IAM Identity Center login",
  description: "Tokens of a device-code login.",
  fields: z.strictObject({
    clientId: z.string().describe("Id of the registered client."),
    clientSecret: secretString("Secret of the registered client."),
    clientExpiresAt: z.iso.datetime().describe("When the registration of the client ends."),
    accessToken: secretString("Access token."),
    refreshToken: secretString("Refresh token.").optional(),
    expiresAt: z.iso.datetime().describe("When the access token ends."),
  }),
});
