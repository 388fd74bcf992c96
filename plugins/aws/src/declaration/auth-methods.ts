import { type Behaviour, defineAuthMethod, type Permission, type Variant } from "@keywright/core";
import * as z from "zod";
import { accessKey, mfaSession, sessionKeys, sourceKeys, ssoTokens, webIdentityToken } from "./secrets.ts";

/** A role session lives 15 minutes to 12 hours. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const roleHours = { min: 900, default: 3600, max: 43_200, minFrom: "minimumLifetimeSeconds" } as const;
/** AWS caps a chained role session at one hour, whatever the role allows.
 *  https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const chainedHour = { min: 900, default: 3600, max: 3600, minFrom: "minimumLifetimeSeconds" } as const;
/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html, …_GetSessionToken.html */
const userHours = { min: 900, default: 43_200, max: 129_600, minFrom: "minimumLifetimeSeconds" } as const;

const roleArn = z
  .string()
  .regex(/^arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/)
  .describe("ARN of the role to assume.")
  .meta({ examples: ["arn:aws:iam::123456789012:role/keywright"], group: "Role" });
const roleOptions = {
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/)
    .optional()
    .describe("External id that the role's trust policy asks for.")
    .meta({ group: "Role" }),
  sessionTags: z
    .record(z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u), z.string().max(256))
    .optional()
    .describe("Tags of each session; the trust policy must allow sts:TagSession.")
    .meta({ group: "Role" }),
  sourceIdentity: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/)
    .optional()
    .describe("Source identity of each session; the trust policy must allow sts:SetSourceIdentity.")
    .meta({ group: "Role" }),
};
/** A role on top of the method's own identity. */
const chain = { roleArn: roleArn.optional(), ...roleOptions };
const chainRules = [
  { field: "externalId", requires: "roleArn" },
  { field: "sessionTags", requires: "roleArn" },
  { field: "sourceIdentity", requires: "roleArn" },
] as const;
const mfa = {
  mfaSerial: z
    .string()
    .regex(/^arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:mfa\/[\w+=,.@/-]{1,256}$|^[A-Za-z0-9]{9,64}$/)
    .optional()
    .describe(
      "Serial number or ARN of the user's MFA device; its code is asked for in the dialogue, never by a helper.",
    )
    .meta({ examples: ["arn:aws:iam::123456789012:mfa/alice"], group: "MFA" }),
};

const assume: readonly Permission[] = [{ actions: ["sts:AssumeRole"], on: "{roleArn}" }];
const narrows = ["session-policy"] as const;
const withRole = (lifetime: Behaviour["lifetime"]): Variant => ({
  id: "with a role",
  when: { name: "roleArn" },
  lifetime,
  provides: narrows,
  needs: assume,
});

export const authMethods = [
  defineAuthMethod({
    id: "implicit",
    title: "Implicit",
    description: "Whatever the broker's own surroundings offer: environment, profile, instance or container role.",
    config: z.strictObject({
      profile: z.string().optional().describe("Profile of the shared configuration; left out: the default chain."),
      ...chain,
    }),
    rules: chainRules,
    secret: null,
    lifetime: "provider",
    provides: [],
    variants: [
      withRole(chainedHour),
      {
        id: "with a long-lived key",
        when: { name: "credentials", is: "long-lived" },
        lifetime: userHours,
        provides: narrows,
        needs: [{ actions: ["sts:GetFederationToken"], on: "*" }],
      },
    ],
  }),
  defineAuthMethod({
    id: "secret-key",
    title: "Secret key",
    description: "Key pair of an IAM user. It never leaves: grants are minted by GetFederationToken, or from a role.",
    config: z.strictObject({ ...chain, ...mfa }),
    rules: chainRules,
    secret: accessKey,
    login: { yields: mfaSession, when: { name: "mfaSerial" } },
    lifetime: userHours,
    provides: narrows,
    needs: [{ actions: ["sts:GetFederationToken"], on: "*" }],
    variants: [
      withRole(roleHours),
      // A session of GetSessionToken may not call GetFederationToken, so nothing narrows it.
      { id: "with MFA and no role", when: { name: "mfaSerial" }, lifetime: "provider", provides: [] },
    ],
  }),
  defineAuthMethod({
    id: "sts-token",
    title: "Session keys",
    description: "Keys of a session that somebody already issued; they end when that session ends.",
    config: z.strictObject(chain),
    rules: chainRules,
    secret: sessionKeys,
    lifetime: "provider",
    provides: [],
    handsOut: "main-credential",
    variants: [withRole(chainedHour)],
  }),
  defineAuthMethod({
    id: "iam-role",
    title: "IAM role",
    description: "Assumes a role for each grant, narrowed to the one resource by a session policy.",
    config: z.strictObject({ roleArn, ...roleOptions, ...mfa }),
    secret: sourceKeys,
    login: { yields: mfaSession, when: { name: "mfaSerial" } },
    lifetime: roleHours,
    provides: narrows,
    needs: assume,
  }),
  defineAuthMethod({
    id: "session-token",
    title: "Session token",
    description: "GetSessionToken: a session with all permissions of the user, which AWS cannot narrow.",
    config: z.strictObject({ ...chain, ...mfa }),
    rules: chainRules,
    secret: accessKey,
    login: { yields: mfaSession, when: { name: "mfaSerial" } },
    lifetime: userHours,
    provides: [],
    variants: [
      withRole(roleHours),
      { id: "with MFA and no role", when: { name: "mfaSerial" }, lifetime: "provider", provides: [] },
    ],
  }),
  defineAuthMethod({
    id: "federation-token",
    title: "Federation token",
    description: "GetFederationToken: a federated user, narrowed to the one resource by a session policy.",
    config: z.strictObject({}),
    secret: accessKey,
    lifetime: userHours,
    provides: narrows,
    needs: [{ actions: ["sts:GetFederationToken"], on: "*" }],
  }),
  defineAuthMethod({
    id: "web-identity",
    title: "Web identity",
    description:
      "Assumes a role with a token of an OpenID Connect issuer, narrowed by a session policy. No AWS key at all.",
    config: z.strictObject({
      roleArn,
      tokenFile: z
        .string()
        .optional()
        .describe("Absolute path of a file with the token, read anew for each mint.")
        .meta({ examples: ["/var/run/secrets/token"] }),
    }),
    secret: webIdentityToken,
    lifetime: roleHours,
    provides: narrows,
  }),
  defineAuthMethod({
    id: "sso",
    title: "IAM Identity Center",
    description: "A permission set, logged in by device code.",
    config: z.strictObject({
      startUrl: z
        .url()
        .describe("Start URL of the access portal.")
        .meta({ examples: ["https://example.awsapps.com/start"] }),
      ssoRegion: z.string().describe("Region of the Identity Center."),
      accountId: z
        .string()
        .regex(/^\d{12}$/)
        .describe("Account of the permission set."),
      roleName: z.string().describe("Name of the permission set."),
      ...chain,
    }),
    rules: chainRules,
    secret: null,
    login: { yields: ssoTokens },
    lifetime: "provider",
    provides: [],
    variants: [withRole(chainedHour)],
  }),
] as const;
