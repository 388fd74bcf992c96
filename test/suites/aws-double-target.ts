/** The AWS double as a target: one account with everything a method may need. */
import { createAwsDouble } from "@keywright/double-aws";
import type { AwsTarget, MethodSetup } from "./target.ts";

const allow = (actions: string | string[], resource: string | string[] = "*") => ({
  Version: "2012-10-17" as const,
  Statement: [{ Effect: "Allow" as const, Action: actions, Resource: resource }],
});
export const startUrl = "https://example.awsapps.com/start";

export type DoubleOptions = { readonly partition?: "aws" | "aws-cn" | "aws-us-gov"; readonly region?: string };
export const doubleTarget = async (
  options: DoubleOptions = {},
): Promise<AwsTarget & { readonly aws: Awaited<ReturnType<typeof createAwsDouble>> }> => {
  const aws = await createAwsDouble({ ...options, ssoAutoApprove: true });
  const userPolicies = [allow(["s3:*", "ecr:*", "eks:*", "sts:*"])];
  const user = aws.createUser({ name: "kw", policies: userPolicies });
  const mfaSerial = `arn:${aws.partition}:iam::${aws.accountId}:mfa/alice`;
  const alice = aws.createUser({
    name: "alice",
    policies: [allow(["s3:*", "sts:*"])],
    mfaSerial,
    mfaSecretCode: "123456",
  });
  const issuer = aws.createOidcIssuer();
  const provider = aws.addOidcProvider({ issuer: issuer.issuer, jwks: issuer.jwks, audiences: ["sts.amazonaws.com"] });
  const issuerHost = new URL(issuer.issuer).host;
  const token = () =>
    issuer.sign({ sub: "kw:test", aud: "sts.amazonaws.com", exp: Math.floor(aws.now().getTime() / 1000) + 900_000 });
  const role = {
    name: "kw",
    trust: {
      Version: "2012-10-17" as const,
      Statement: [
        {
          Effect: "Allow" as const,
          Principal: { AWS: `arn:${aws.partition}:iam::${aws.accountId}:root` },
          Action: ["sts:AssumeRole"],
        },
        {
          Effect: "Allow" as const,
          Principal: { Federated: provider.arn },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { [`${issuerHost}:aud`]: "sts.amazonaws.com" } },
        },
      ],
    },
    policies: [allow(["s3:*", "ecr:*", "eks:*"])],
    maxSessionSeconds: 43_200,
  };
  const { arn: roleArn } = aws.createRole(role);
  aws.sso.createPermissionSet({ startUrl, roleName: "dev", policies: [allow(["s3:*", "sts:*"])] });
  const objects = { "in/a.txt": "a", "out/b.txt": "b" };
  for (const name of ["models", "models-2"]) aws.createBucket({ name, objects });

  const keys = { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey };
  const { GetSessionTokenCommand, STSClient } = await import("@aws-sdk/client-sts");
  const session = await new STSClient({ region: aws.region, endpoint: aws.url, credentials: { ...keys } }).send(
    new GetSessionTokenCommand({ DurationSeconds: 129_600 }),
  );
  const sessionKeys = {
    accessKeyId: session.Credentials?.AccessKeyId ?? "",
    secretAccessKey: session.Credentials?.SecretAccessKey ?? "",
    sessionToken: session.Credentials?.SessionToken ?? "",
  };
  const sso = { startUrl, ssoRegion: aws.region, accountId: aws.accountId, roleName: "dev", ssoEndpoint: aws.url };
  const aliceKeys = { accessKeyId: alice.accessKeyId, secretAccessKey: alice.secretAccessKey };
  const methods: Record<string, MethodSetup> = {
    "secret-key": { config: {}, secret: keys },
    "secret-key+role": { config: { roleArn }, secret: keys },
    "secret-key+mfa": { config: { mfaSerial }, secret: aliceKeys, answers: ["123456"] },
    "iam-role": { config: { roleArn }, secret: keys },
    "federation-token": { config: {}, secret: keys },
    "web-identity": { config: { roleArn }, secret: { token: token() } },
    "sts-token": { config: {}, secret: sessionKeys },
    "sts-token+role": { config: { roleArn }, secret: sessionKeys },
    "session-token": { config: {}, secret: keys },
    "session-token+role": { config: { roleArn }, secret: keys },
    sso: { config: sso },
    "sso+role": { config: { ...sso, roleArn } },
  };
  const url = aws.url;
  return {
    aws,
    name: "AWS double",
    kind: "double",
    config: {
      region: aws.region,
      partition: aws.partition,
      stsEndpoint: url,
      s3Endpoint: url,
      ecrEndpoint: url,
      eksEndpoint: url,
    },
    endpoints: [new URL(url).host, new URL(aws.eksEndpoint).host],
    methods,
    buckets: ["models", "models-2"],
    elsewhere: aws.partition === "aws" ? "eu-west-1" : null,
    keys: async (bucket) => [...aws.bucket(bucket).objects.keys()].toSorted(),
    pass: async (seconds) => aws.advance(seconds),
    clock: () => aws.now(),
    shortest: 900,
    revoke: async (method) => {
      if (method === "secret-key" || method === "federation-token") {
        // Deactivating the key ends no session that it made; taking the user's permissions does.
        aws.updateUser("kw", { policies: [] });
        return async () => aws.updateUser("kw", { policies: userPolicies });
      }
      aws.deleteRole("kw");
      return async () => void aws.createRole(role);
    },
    close: () => aws.close(),
  };
};
