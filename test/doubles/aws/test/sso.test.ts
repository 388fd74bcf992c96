import { GetRoleCredentialsCommand, ListAccountRolesCommand, ListAccountsCommand } from "@aws-sdk/client-sso";
import { CreateTokenCommand, RegisterClientCommand, StartDeviceAuthorizationCommand } from "@aws-sdk/client-sso-oidc";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAwsDouble, type AwsDouble } from "../src/index.ts";
import { allow, oidcOf, refused, s3Of, ssoOf, stsOf } from "./harness.ts";

const startUrl = "https://d-1.awsapps.com/start";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
let aws: AwsDouble;
beforeEach(async () => {
  aws = await createAwsDouble({ pageSizes: { ListAccounts: 1, ListAccountRoles: 1 } });
  aws.sso.createPermissionSet({ startUrl, roleName: "Reader", policies: [allow("s3:ListBucket")] });
  aws.sso.createPermissionSet({ startUrl, roleName: "Admin", policies: [allow("*")] });
  aws.sso.createPermissionSet({ startUrl, roleName: "Admin", policies: [allow("*")], accountId: "210987654321" });
});
afterEach(() => aws.close());

const start = async () => {
  const oidc = oidcOf(aws);
  const client = await oidc.send(new RegisterClientCommand({ clientName: "kw", clientType: "public" }));
  const ids = { clientId: client.clientId ?? "", clientSecret: client.clientSecret ?? "" };
  const device = await oidc.send(new StartDeviceAuthorizationCommand({ ...ids, startUrl }));
  const poll = () =>
    oidc.send(new CreateTokenCommand({ ...ids, grantType: deviceGrant, deviceCode: device.deviceCode }));
  const refresh = (refreshToken: string | undefined) =>
    oidc.send(new CreateTokenCommand({ ...ids, grantType: "refresh_token", refreshToken }));
  return { oidc, ids, device, poll, refresh };
};

it("walks the device flow to role credentials", async () => {
  const { device, poll, refresh } = await start();
  await refused(poll(), "AuthorizationPendingException");
  await refused(poll(), "SlowDownException");
  aws.advance(2);
  await refused(poll(), "AuthorizationPendingException");
  aws.sso.approve(device.userCode ?? "");
  const token = await poll();
  await refused(poll(), "InvalidGrantException");
  const sso = ssoOf(aws);
  const accessToken = token.accessToken ?? "";
  const accounts = await sso.send(new ListAccountsCommand({ accessToken }));
  expect(accounts.accountList).toHaveLength(1);
  const more = await sso.send(new ListAccountsCommand({ accessToken, nextToken: accounts.nextToken }));
  expect(more.accountList?.[0]?.accountId).toBe("210987654321");
  const roles = await sso.send(new ListAccountRolesCommand({ accessToken, accountId: "123456789012" }));
  expect(roles).toMatchObject({ roleList: [{ roleName: "Reader" }], nextToken: expect.any(String) });
  const credentials = async (roleName: string, withToken = accessToken) => {
    const command = new GetRoleCredentialsCommand({ accessToken: withToken, accountId: "123456789012", roleName });
    const { roleCredentials: { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = {} } =
      await sso.send(command);
    return { accessKeyId, secretAccessKey, sessionToken };
  };
  const keys = await credentials("Reader");
  expect((await stsOf(aws, keys).send(new GetCallerIdentityCommand({}))).Arn).toMatch(
    /AWSReservedSSO_Reader_\w+\/sso-user$/,
  );
  await refused(s3Of(aws, keys).send(new ListBucketsCommand({})), "AccessDenied", /s3:ListAllMyBuckets/);
  expect((await s3Of(aws, await credentials("Admin")).send(new ListBucketsCommand({}))).Buckets).toBeDefined();
  await refused(credentials("None"), "ForbiddenException");
  aws.advance(3600);
  await refused(credentials("Admin"), "UnauthorizedException");
  const next = await refresh(token.refreshToken);
  expect(await credentials("Admin", next.accessToken)).toMatchObject({ accessKeyId: expect.stringMatching(/^ASIA/) });
  await refused(refresh(token.refreshToken), "InvalidGrantException");
  expect((await refresh(next.refreshToken)).accessToken).toBeDefined();
  const text = JSON.stringify(aws.calls);
  for (const secret of [accessToken, token.refreshToken, keys.secretAccessKey, device.deviceCode])
    expect(text).not.toContain(secret);
});

it("denies, expires, approves by itself, and knows its clients", async () => {
  const denied = await start();
  aws.sso.deny(denied.device.userCode ?? "");
  await refused(denied.poll(), "AccessDeniedException");
  const late = await start();
  aws.advance(600);
  await refused(late.poll(), "ExpiredTokenException");
  aws.sso.autoApprove(true);
  const { oidc, ids, poll } = await start();
  expect((await poll()).tokenType).toBe("Bearer");
  const wrong = { ...ids, clientSecret: "wrong", startUrl };
  await refused(oidc.send(new StartDeviceAuthorizationCommand(wrong)), "InvalidClientException");
  const elsewhere = { ...ids, startUrl: "https://elsewhere.example.com" };
  await refused(oidc.send(new StartDeviceAuthorizationCommand(elsewhere)), "InvalidRequestException");
});
