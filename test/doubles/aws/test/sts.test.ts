import { createHash } from "node:crypto";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  type AssumeRoleCommandInput,
} from "@aws-sdk/client-sts";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAwsDouble, type AwsDouble } from "../src/index.ts";
import { allow, keysOf, refused, s3Of, stsOf, trusting, withDouble, type Keys } from "./harness.ts";

let aws: AwsDouble;
let admin: Keys & { arn: string };
beforeAll(async () => {
  aws = await createAwsDouble();
  admin = aws.createUser({
    name: "admin",
    policies: [allow("*")],
    mfaSerial: "arn:aws:iam::123456789012:mfa/admin",
    mfaSecretCode: "123456",
  });
  aws.createRole({ name: "plain", trust: trusting(admin.arn), policies: [allow("s3:*")] });
});
afterAll(() => aws.close());

const arn = (role: string): string => `arn:aws:iam::123456789012:role/${role}`;
const assume = (input: Partial<AssumeRoleCommandInput>, keys: Keys = admin) =>
  stsOf(aws, keys).send(new AssumeRoleCommand({ RoleArn: arn("plain"), RoleSessionName: "kw-1", ...input }));
const whoami = (keys: Keys) => stsOf(aws, keys).send(new GetCallerIdentityCommand({}));

// Text that does not compress: chained digests.
const noise = (length: number, seed: string): string => {
  let text = "";
  while (text.length < length) text += createHash("sha256").update(`${seed}${text}`).digest("base64");
  return text.slice(0, length);
};

const sessionOf = async (input = {}) =>
  keysOf((await stsOf(aws, admin).send(new GetSessionTokenCommand(input))).Credentials);

const federate = (keys: Keys, input = {}) =>
  stsOf(aws, keys).send(new GetFederationTokenCommand({ Name: "kw-fed", ...input }));

const firstKey = async (seed: string) => {
  let found = "";
  await withDouble(async (double) => void (found = double.createUser({ name: "u" }).accessKeyId), { seed });
  return found;
};

const listAs = async (input: Partial<AssumeRoleCommandInput>) =>
  s3Of(aws, keysOf((await assume(input)).Credentials)).send(new ListBucketsCommand({}));

describe("signatures", () => {
  it("knows who calls", async () => {
    expect(await whoami(admin)).toMatchObject({ Arn: admin.arn, Account: "123456789012" });
  });
  it("refuses a wrong secret and an unknown key", async () => {
    expect((await whoami(admin)).Arn).toBe(admin.arn);
    await refused(whoami({ ...admin, secretAccessKey: "wrong" }), "SignatureDoesNotMatch");
    await refused(whoami({ ...admin, accessKeyId: "AKIAAAAAAAAAAAAAAAAA" }), "InvalidClientTokenId");
  });
  it("refuses a session without its token, or with another's", async () => {
    const keys = keysOf((await assume({})).Credentials);
    const { sessionToken: _, ...bare } = keys;
    await refused(whoami(bare), "InvalidClientTokenId");
    await refused(whoami({ ...keys, sessionToken: "nonsense" }), "InvalidClientTokenId");
    expect((await whoami(keys)).Arn).toBe("arn:aws:sts::123456789012:assumed-role/plain/kw-1");
  });
  it("takes any enabled region, and refuses disabled and unknown ones", async () => {
    await withDouble(
      async (double) => {
        const user = double.createUser({ name: "u" });
        const call = (region: string) => stsOf(double, user, { region }).send(new GetCallerIdentityCommand({}));
        expect((await call("us-west-2")).Account).toBe("123456789012");
        await refused(call("ap-east-1"), "RegionDisabledException");
        await refused(call("mars-north-1"), "SignatureDoesNotMatch", /valid region/);
        const endpoint = await double.regionalUrl("us-west-2");
        const regional = (region: string) =>
          stsOf(double, user, { endpoint, region }).send(new GetCallerIdentityCommand({}));
        await refused(regional("us-east-1"), "SignatureDoesNotMatch");
        expect((await regional("us-west-2")).Account).toBe("123456789012");
      },
      { disabledRegions: ["ap-east-1"] },
    );
  });
  it("refuses a clock that is off, in words that name the difference, and a second try corrects it", async () => {
    await withDouble(async (double) => {
      const user = double.createUser({ name: "u" });
      double.advance(299);
      await stsOf(double, user).send(new GetCallerIdentityCommand({}));
      double.advance(3600);
      await refused(
        stsOf(double, user).send(new GetCallerIdentityCommand({})),
        "SignatureDoesNotMatch",
        /^Signature expired/,
      );
      expect(
        (await stsOf(double, user, { maxAttempts: 2 }).send(new GetCallerIdentityCommand({}))).Account,
      ).toBeDefined();
      double.setClockOffset(-3600);
      await refused(
        stsOf(double, user).send(new GetCallerIdentityCommand({})),
        "SignatureDoesNotMatch",
        /not yet current/,
      );
    });
  });
  it("honours expiry to the second", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    await withDouble(
      async (double) => {
        now = Math.floor(Date.now() / 1000) * 1000;
        const user = double.createUser({ name: "u", policies: [allow("*")] });
        const role = double.createRole({ name: "r", trust: trusting(user.arn) });
        const { Credentials } = await stsOf(double, user).send(
          new AssumeRoleCommand({ RoleArn: role.arn, RoleSessionName: "ab", DurationSeconds: 900 }),
        );
        expect(Credentials?.Expiration?.getTime()).toBe(now + 900_000);
        const corrected = stsOf(double, keysOf(Credentials), { maxAttempts: 2 });
        now += 899_000;
        await corrected.send(new GetCallerIdentityCommand({}));
        now += 1000;
        await refused(corrected.send(new GetCallerIdentityCommand({})), "ExpiredToken");
      },
      { clock: () => new Date(now) },
    );
  });
  it("refuses keys that are inactive, deleted, or of a deleted owner, and their sessions", async () => {
    const user = aws.createUser({ name: "brief", policies: [allow("*")] });
    const session = keysOf((await stsOf(aws, user).send(new GetSessionTokenCommand({}))).Credentials);
    aws.deactivateKey(user.accessKeyId);
    await refused(whoami(user), "InvalidClientTokenId");
    expect((await whoami(session)).Arn).toBe(user.arn);
    aws.activateKey(user.accessKeyId);
    expect((await whoami(user)).Arn).toBe(user.arn);
    aws.deleteUser("brief");
    await refused(whoami(user), "InvalidClientTokenId");
    await refused(whoami(session), "InvalidClientTokenId");
  });
  it("gives the same keys for the same seed", async () => {
    expect(await firstKey("one")).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(await firstKey("one")).toBe(await firstKey("one"));
    expect(await firstKey("one")).not.toBe(await firstKey("two"));
  });
});

describe("AssumeRole", () => {
  const conditions: [
    what: string,
    condition: object,
    good: Partial<AssumeRoleCommandInput>,
    bad: Partial<AssumeRoleCommandInput>,
  ][] = [
    ["external id", { StringEquals: { "sts:ExternalId": "e-1" } }, { ExternalId: "e-1" }, { ExternalId: "e-2" }],
    ["no external id", { StringEquals: { "sts:ExternalId": "e-1" } }, { ExternalId: "e-1" }, {}],
    ["session name", { StringLike: { "sts:RoleSessionName": "kw-*" } }, {}, { RoleSessionName: "other" }],
    [
      "MFA",
      { Bool: { "aws:MultiFactorAuthPresent": "true" } },
      { SerialNumber: "arn:aws:iam::123456789012:mfa/admin", TokenCode: "123456" },
      {},
    ],
    [
      "source identity",
      { StringEquals: { "sts:SourceIdentity": "jane" } },
      { SourceIdentity: "jane" },
      { SourceIdentity: "joe" },
    ],
    [
      "caller",
      { ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::123456789012:user/admin" } },
      {},
      { RoleArn: arn("gone") },
    ],
  ];
  it.each(conditions)("trust condition: %s", async (what, Condition, good, bad) => {
    const name = `c-${what.replaceAll(" ", "-")}`;
    const Action = ["sts:AssumeRole", "sts:SetSourceIdentity"];
    aws.createRole({ name, trust: trusting(admin.arn, { Condition, Action }) });
    expect((await assume({ RoleArn: arn(name), ...good })).AssumedRoleUser?.Arn).toContain(name);
    await refused(assume({ RoleArn: arn(name), ...bad }), "AccessDenied");
  });
  it("needs trust for tags and source identity", async () => {
    const Tags = [{ Key: "team", Value: "red" }];
    await refused(assume({ Tags }), "AccessDenied", /sts:TagSession/);
    await refused(assume({ SourceIdentity: "jane" }), "AccessDenied", /sts:SetSourceIdentity/);
    aws.createRole({ name: "tagged", trust: trusting(admin.arn, { Action: ["sts:AssumeRole", "sts:TagSession"] }) });
    expect((await assume({ RoleArn: arn("tagged"), Tags })).PackedPolicySize).toBeGreaterThan(0);
  });
  it("asks the caller's own policies where the trust only names the account", async () => {
    aws.createRole({ name: "delegated", trust: trusting("arn:aws:iam::123456789012:root") });
    const weak = aws.createUser({ name: "weak" });
    await refused(assume({ RoleArn: arn("delegated") }, weak), "AccessDenied");
    expect((await assume({ RoleArn: arn("delegated") })).Credentials).toBeDefined();
  });
  const limits: [what: string, input: Partial<AssumeRoleCommandInput>, error: string][] = [
    ["short duration", { DurationSeconds: 899 }, "ValidationError"],
    ["longer than the role's", { DurationSeconds: 3601 }, "ValidationError"],
    ["longer than any role's", { DurationSeconds: 43_201 }, "ValidationError"],
    ["one letter of session name", { RoleSessionName: "a" }, "ValidationError"],
    ["session name with a space", { RoleSessionName: "a b" }, "ValidationError"],
    ["session name of 65", { RoleSessionName: "a".repeat(65) }, "ValidationError"],
    [
      "policy over 2048 characters",
      { Policy: JSON.stringify(allow("s3:*", Array(200).fill("arn:aws:s3:::b"))) },
      "ValidationError",
    ],
    ["policy that is not JSON", { Policy: "{" }, "MalformedPolicyDocumentException"],
    [
      "policy without resource",
      { Policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}' },
      "MalformedPolicyDocumentException",
    ],
    [
      "policy with a principal",
      { Policy: JSON.stringify(trusting("*", { Resource: "*" })) },
      "MalformedPolicyDocumentException",
    ],
    [
      "managed policy unknown",
      { PolicyArns: [{ arn: "arn:aws:iam::aws:policy/None" }] },
      "MalformedPolicyDocumentException",
    ],
    [
      "eleven managed policies",
      { PolicyArns: Array.from({ length: 11 }, () => ({ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" })) },
      "ValidationError",
    ],
  ];
  it.each(limits)("refuses: %s", async (_what, input, error) => {
    await refused(assume(input), error);
    expect((await assume({})).Credentials).toBeDefined();
  });
  it("refuses a policy that packs too large", async () => {
    const Sid = noise(1900, "sid");
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "*", Resource: "*", Sid }],
    });
    const Tags = Array.from({ length: 10 }, (_, index) => ({ Key: `k${index}`, Value: noise(100, `${index}`) }));
    aws.createRole({ name: "packed", trust: trusting(admin.arn, { Action: ["sts:AssumeRole", "sts:TagSession"] }) });
    expect(
      (await assume({ RoleArn: arn("packed"), Policy: JSON.stringify(allow("s3:*")) })).PackedPolicySize,
    ).toBeLessThan(20);
    await refused(assume({ RoleArn: arn("packed"), Policy, Tags }), "PackedPolicyTooLargeException");
  });
  it("caps chained roles at one hour", async () => {
    aws.createRole({ name: "long", trust: trusting(arn("plain")), maxSessionSeconds: 43_200 });
    const first = keysOf((await assume({})).Credentials);
    await refused(assume({ RoleArn: arn("long"), DurationSeconds: 3601 }, first), "ValidationError", /chaining/);
    expect((await assume({ RoleArn: arn("long"), DurationSeconds: 3600 }, first)).Credentials).toBeDefined();
  });
  it("narrows by session policy, inline and managed", async () => {
    expect((await listAs({})).$metadata.httpStatusCode).toBe(200);
    expect((await listAs({ PolicyArns: [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }] })).Buckets).toBeDefined();
    await refused(listAs({ Policy: JSON.stringify(allow("s3:GetObject")) }), "AccessDenied");
  });
});

describe("GetSessionToken and GetFederationToken", () => {
  it("carries MFA into the session", async () => {
    aws.createRole({
      name: "mfa",
      trust: trusting(admin.arn, { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }),
    });
    const SerialNumber = "arn:aws:iam::123456789012:mfa/admin";
    await refused(sessionOf({ SerialNumber, TokenCode: "000000" }), "AccessDenied", /MultiFactorAuthentication/);
    await refused(assume({ RoleArn: arn("mfa") }, await sessionOf()), "AccessDenied");
    expect(
      (await assume({ RoleArn: arn("mfa") }, await sessionOf({ SerialNumber, TokenCode: "123456" }))).Credentials,
    ).toBeDefined();
  });
  it("keeps sessions from minting, AssumeRole aside", async () => {
    const keys = await sessionOf();
    await refused(stsOf(aws, keys).send(new GetSessionTokenCommand({})), "AccessDenied");
    await refused(federate(keys), "AccessDenied", /^Cannot call GetFederationToken with session credentials/);
    expect((await assume({}, keys)).Credentials).toBeDefined();
    const role = keysOf((await assume({})).Credentials);
    await refused(federate(role), "AccessDenied");
    await refused(stsOf(aws, role).send(new GetSessionTokenCommand({})), "AccessDenied");
  });
  it("gives a federated user user ∩ policy, and nothing without one", async () => {
    const { FederatedUser, Credentials } = await federate(admin, {
      Policy: JSON.stringify(allow("s3:ListAllMyBuckets")),
    });
    const keys = keysOf(Credentials);
    expect(FederatedUser?.Arn).toBe("arn:aws:sts::123456789012:federated-user/kw-fed");
    expect((await whoami(keys)).Arn).toBe(FederatedUser?.Arn);
    expect((await s3Of(aws, keys).send(new ListBucketsCommand({}))).Buckets).toBeDefined();
    await refused(assume({}, keys), "AccessDenied");
    const bare = keysOf((await federate(admin)).Credentials);
    expect((await whoami(bare)).Arn).toBe(FederatedUser?.Arn);
    await refused(s3Of(aws, bare).send(new ListBucketsCommand({})), "AccessDenied");
  });
  it("checks names, durations and permission", async () => {
    await refused(federate(admin, { Name: "a".repeat(33) }), "ValidationError");
    await refused(federate(admin, { DurationSeconds: 129_601 }), "ValidationError");
    await refused(sessionOf({ DurationSeconds: 899 }), "ValidationError");
    await refused(federate(aws.createUser({ name: "nobody" })), "AccessDenied");
    expect((await federate(admin, { Name: "a".repeat(32), DurationSeconds: 129_600 })).Credentials).toBeDefined();
  });
});

describe.each(["RS256", "ES256"] as const)("AssumeRoleWithWebIdentity, %s", (algorithm) => {
  it("verifies the token, then the trust policy", async () => {
    const issuer = aws.createOidcIssuer({ issuer: `https://${algorithm}.example.com/a`, algorithm });
    const host = `${algorithm}.example.com/a`;
    const { arn: provider } = aws.addOidcProvider({ ...issuer, audiences: ["sts.amazonaws.com"] });
    const Condition = { StringEquals: { [`${host}:aud`]: "sts.amazonaws.com", [`${host}:sub`]: "repo:a" } };
    const { arn: RoleArn } = aws.createRole({
      name: `web-${algorithm}`,
      trust: trusting({ Federated: provider }, { Action: "sts:AssumeRoleWithWebIdentity", Condition }),
      policies: [allow("*")],
    });
    const client = stsOf(aws, { accessKeyId: "x", secretAccessKey: "x" });
    const send = (WebIdentityToken: string) =>
      client.send(new AssumeRoleWithWebIdentityCommand({ RoleArn, RoleSessionName: "web", WebIdentityToken }));
    const good = { sub: "repo:a", aud: "sts.amazonaws.com" };
    const reply = await send(issuer.sign(good));
    expect(reply).toMatchObject({ SubjectFromWebIdentityToken: "repo:a", Provider: provider });
    expect((await whoami(keysOf(reply.Credentials))).Arn).toContain(`assumed-role/web-${algorithm}/web`);
    await refused(send(issuer.sign({ ...good, sub: "repo:b" })), "AccessDenied");
    await refused(send(issuer.sign({ ...good, aud: "other" })), "InvalidIdentityTokenException");
    await refused(send(issuer.sign({ ...good, exp: 1000 })), "ExpiredTokenException");
    await refused(send(issuer.sign({ aud: good.aud })), "IDPRejectedClaimException");
    await refused(send("nonsense"), "InvalidIdentityTokenException");
    const stranger = aws.createOidcIssuer({ issuer: issuer.issuer, algorithm });
    await refused(send(stranger.sign(good)), "InvalidIdentityTokenException");
  });
});

it("records calls without secrets", async () => {
  aws.calls.length = 0;
  await assume({ ExternalId: "e-1" });
  expect(aws.calls).toMatchObject([
    {
      service: "sts",
      action: "AssumeRole",
      region: "eu-central-1",
      principalArn: admin.arn,
      status: 200,
      errorCode: null,
    },
  ]);
  expect(aws.calls[0]?.parameters).toEqual({ RoleArn: arn("plain"), RoleSessionName: "kw-1", ExternalId: "e-1" });
  expect(JSON.stringify(aws.calls)).not.toContain(admin.secretAccessKey);
});

it("ends a role's sessions with the role, and narrows them with it", async () => {
  const { arn: RoleArn } = aws.createRole({ name: "short", trust: trusting(admin.arn), policies: [allow("s3:*")] });
  const keys = keysOf((await assume({ RoleArn })).Credentials);
  const list = () => s3Of(aws, keys).send(new ListBucketsCommand({}));
  expect((await list()).Buckets).toBeDefined();
  aws.updateRole("short", { policies: [] });
  await refused(list(), "AccessDenied");
  expect((await whoami(keys)).Arn).toContain("assumed-role/short");
  aws.deleteRole("short");
  await refused(list(), "InvalidAccessKeyId");
  await refused(whoami(keys), "InvalidClientTokenId");
});

it.each([
  ["aws-cn", "cn-north-1"],
  ["aws-us-gov", "us-gov-west-1"],
] as const)("speaks of its own partition: %s", async (partition, region) => {
  await withDouble(
    async (double) => {
      const user = double.createUser({ name: "u", policies: [allow("*")] });
      const role = double.createRole({ name: "r", trust: trusting(user.arn) });
      const assumeIt = (RoleArn: string) =>
        stsOf(double, user).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "ab" }));
      expect(double.region).toBe(region);
      expect((await assumeIt(role.arn)).AssumedRoleUser?.Arn).toBe(
        `arn:${partition}:sts::123456789012:assumed-role/r/ab`,
      );
      await refused(assumeIt(role.arn.replace(partition, "aws")), "ValidationError");
    },
    { partition },
  );
});
