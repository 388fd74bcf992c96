/** What a machine offers: the implicit method and auto-configuration, from variables, profiles, commands and metadata. */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBroker } from "@keywright/broker";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { type Bench, createBench, pluginFolders } from "../suites/target.ts";

let target: Awaited<ReturnType<typeof doubleTarget>>;
let bench: Bench;
const folder = mkdtempSync(join(tmpdir(), "kw-aws-"));
const configFile = join(folder, "config");
const credentialsFile = join(folder, "credentials");
const names = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_PROFILE",
  "AWS_REGION",
  "AWS_CONFIG_FILE",
  "AWS_SHARED_CREDENTIALS_FILE",
  "AWS_EC2_METADATA_DISABLED",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
];
const kept = Object.fromEntries(names.map((name) => [name, process.env[name]]));
const surroundings = (variables: Record<string, string>, config = "", credentials = "") => {
  writeFileSync(configFile, config);
  writeFileSync(credentialsFile, credentials);
  for (const name of names) delete process.env[name];
  Object.assign(process.env, {
    AWS_CONFIG_FILE: configFile,
    AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
    AWS_EC2_METADATA_DISABLED: "true",
    ...variables,
  });
};
beforeAll(async () => {
  target = await doubleTarget();
  bench = await createBench(target.clock);
});
afterEach(async () => {
  for (const { name } of bench.broker.connectors.list()) await bench.broker.connectors.delete(name);
});
afterAll(async () => {
  for (const [name, value] of Object.entries(kept)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await bench.close();
  await target.close();
  rmSync(folder, { recursive: true, force: true });
});
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );
const register = (config: object = {}, more: object = {}) =>
  bench.broker.connectors.register({
    name: "here",
    type: "aws",
    authMethod: "implicit",
    resourceTypes: ["s3-bucket"],
    config: { ...target.config, ...config },
    allowedEndpoints: target.endpoints,
    ...more,
  });
const issue = (access = "read") => bench.broker.grants.issue({ connector: "here", resourceId: "models", access });
const keys = () => target.methods["secret-key"]?.secret ?? {};
const session = () => target.methods["sts-token"]?.secret ?? {};
const roleArn = () => String(target.methods["iam-role"]?.config["roleArn"]);
const asVariables = (given: Record<string, string>) => ({
  AWS_ACCESS_KEY_ID: given["accessKeyId"] ?? "",
  AWS_SECRET_ACCESS_KEY: given["secretAccessKey"] ?? "",
  ...(given["sessionToken"] !== undefined && { AWS_SESSION_TOKEN: given["sessionToken"] }),
});
const asProfile = (name: string, given: Record<string, string>) =>
  `[${name}]\naws_access_key_id = ${given["accessKeyId"]}\naws_secret_access_key = ${given["secretAccessKey"]}\n${given["sessionToken"] === undefined ? "" : `aws_session_token = ${given["sessionToken"]}\n`}`;

describe("implicit", () => {
  it("with a long-lived key in the environment mints and narrows; the key itself stays", async () => {
    surroundings(asVariables(keys()));
    const { connector } = await register();
    expect(connector.facts["credentials"]).toBe("long-lived");
    const grant = await issue();
    expect(grant).toMatchObject({
      confinement: { to: "resource", by: "session-policy" },
      unconfined: false,
      mainCredential: false,
    });
    expect(grant.credential["accessKeyId"]).not.toBe(keys()["accessKeyId"]);
  });
  it("with session credentials needs a role, or the operator's word", async () => {
    surroundings(asVariables(session()));
    await register();
    expect(await failure(issue())).toMatchObject({
      code: "unconfined",
      hint: expect.stringContaining("--allow-unconfined"),
    });
    await bench.broker.connectors.update("here", { allowUnconfined: true });
    expect(await issue()).toMatchObject({ confinement: null, unconfined: true });
    await bench.broker.connectors.update("here", { allowUnconfined: false, config: { roleArn: roleArn() } });
    expect(await issue()).toMatchObject({ confinement: { by: "session-policy" }, unconfined: false });
  });
  it("takes a profile, also through its source", async () => {
    surroundings({}, `[profile data]\nrole_arn = ${roleArn()}\nsource_profile = base\n`, asProfile("base", keys()));
    await register({ profile: "base" });
    expect((await issue()).confinement?.by).toBe("session-policy");
    expect(await failure(register({ profile: "nobody" }, { name: "other" }))).toMatchObject({
      code: "config-invalid",
      hint: expect.stringContaining("base"),
    });
  });
  it("runs a profile's command only when the operator allows that one", async () => {
    const command = join(folder, "keys.sh");
    writeFileSync(
      command,
      `#!/bin/sh\ntouch ${join(folder, "ran")}\ncat <<'X'\n${JSON.stringify({ Version: 1, AccessKeyId: session()["accessKeyId"], SecretAccessKey: session()["secretAccessKey"], SessionToken: session()["sessionToken"], Expiration: new Date(Date.now() + 3600_000).toISOString() })}\nX\n`,
    );
    chmodSync(command, 0o700);
    surroundings({}, `[profile tool]\ncredential_process = ${command}\n`);
    expect(await failure(register({ profile: "tool" }))).toMatchObject({
      code: "command-not-allowed",
      hint: expect.stringContaining("--allow-command"),
    });
    expect(existsSync(join(folder, "ran"))).toBe(false);
    await register({ profile: "tool" }, { allowedCommands: [command], allowUnconfined: true });
    expect(existsSync(join(folder, "ran"))).toBe(true);
    expect((await issue()).unconfined).toBe(true);
  });
  it("stops a command that prints without end, or never ends", async () => {
    for (const [script, words] of [
      ["yes keys", "64 KiB"],
      ["echo not json", "JSON"],
      ["exit 3", "status 3"],
    ] as const) {
      const command = join(folder, "bad.sh");
      writeFileSync(command, `#!/bin/sh\n${script}\n`);
      chmodSync(command, 0o700);
      surroundings({}, `[profile tool]\ncredential_process = ${command}\n`);
      expect(await failure(register({ profile: "tool" }, { allowedCommands: [command] }))).toMatchObject({
        message: expect.stringContaining(words),
      });
    }
  });
  it("says so when there is nothing", async () => {
    surroundings({});
    expect(await failure(register())).toMatchObject({
      code: "verification-failed",
      message: expect.stringContaining("no AWS credentials"),
    });
  });
});

describe("auto-configuration", () => {
  const find = async (more: object = {}) => {
    const found: {
      authMethod: string;
      from: string;
      why: string;
      config: object;
      secret: object | null;
      commands?: readonly string[];
    }[] = [];
    const directory = mkdtempSync(join(tmpdir(), "kw-"));
    const broker = await createBroker({
      directory,
      ...pluginFolders,
      environment: { ...process.env, KEYWRIGHT_KEYRING: "off" },
    });
    for await (const one of broker.connectors.discover({
      type: "aws",
      config: target.config,
      allowedEndpoints: target.endpoints,
      ...more,
    }))
      found.push(one);
    await broker.close();
    rmSync(directory, { recursive: true, force: true });
    return found;
  };
  it.each([
    ["a key in the environment", () => surroundings(asVariables(keys())), "secret-key", "AWS_ACCESS_KEY_ID"],
    ["a session in the environment", () => surroundings(asVariables(session())), "sts-token", "AWS_SESSION_TOKEN"],
    ["a profile with a key", () => surroundings({}, "", asProfile("default", keys())), "secret-key", "profile default"],
    [
      "a role over a profile",
      () =>
        surroundings(
          { AWS_PROFILE: "data" },
          `[profile data]\nrole_arn = ${roleArn()}\nsource_profile = base\nregion = eu-west-1\n`,
          asProfile("base", keys()),
        ),
      "iam-role",
      "profile data",
    ],
    [
      "a role over the instance",
      () =>
        surroundings(
          { AWS_PROFILE: "data" },
          `[profile data]\nrole_arn = ${roleArn()}\ncredential_source = Ec2InstanceMetadata\n`,
        ),
      "implicit",
      "profile data",
    ],
    [
      "a permission set",
      () =>
        surroundings(
          { AWS_PROFILE: "sso" },
          "[profile sso]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = dev\n[sso-session work]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-central-1\n",
        ),
      "sso",
      "profile sso",
    ],
    [
      "a web identity",
      () => surroundings({ AWS_WEB_IDENTITY_TOKEN_FILE: "/tmp/token", AWS_ROLE_ARN: roleArn() }),
      "web-identity",
      "AWS_WEB_IDENTITY_TOKEN_FILE",
    ],
    [
      "a profile with a command",
      () => surroundings({ AWS_PROFILE: "tool" }, "[profile tool]\ncredential_process = /opt/tool --json\n"),
      "implicit",
      "profile tool",
    ],
  ])("finds %s, and says where and why", async (_what, prepare, method, from) => {
    prepare();
    const found = await find();
    const wanted = found.find((one) => one.authMethod === method);
    expect(wanted, JSON.stringify(found.map(({ authMethod, from: where }) => [authMethod, where]))).toBeDefined();
    expect(wanted?.from).toContain(from);
    expect(wanted?.why.length).toBeGreaterThan(10);
    if (method === "implicit" && from === "profile tool") expect(wanted?.commands).toEqual(["/opt/tool --json"]);
    if (method === "iam-role") expect(wanted?.config).toMatchObject({ roleArn: roleArn(), region: "eu-west-1" });
  });
  it("finds the metadata of an instance", async () => {
    const metadata = createServer((request, response) =>
      response.end(request.url === "/latest/api/token" ? "token" : ""),
    ).listen(0, "127.0.0.1");
    await new Promise((resolve) => metadata.once("listening", resolve));
    const endpoint = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}`;
    surroundings({ AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint });
    const found = await find({ allowedEndpoints: [new URL(endpoint).host] });
    expect(found.map(({ authMethod, from }) => [authMethod, from])).toEqual([
      ["implicit", `instance metadata at ${endpoint}`],
    ]);
    metadata.close();
  });
});
