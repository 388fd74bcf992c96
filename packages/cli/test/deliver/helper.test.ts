import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { credentialProcess, dockerCredential, type HelperHost, kubernetesExec } from "../../src/deliver/helper.ts";
import { login, logout } from "../../src/deliver/login.ts";
import { helperArguments, requestArguments } from "../../src/deliver/request.ts";
import { bucket, createWorld, script, type World } from "./world.ts";

let world: World;
beforeAll(async () => void (world = await createWorld()));
afterAll(() => world.close());

const host = (stdin = "", more: Record<string, string> = {}): HelperHost => ({
  environment: { ...world.environment, ...more },
  stdin: () => stdin,
});
const asked = (...words: string[]) => helperArguments(words);
const eks = ["--connector", "prod", "-r", "kubernetes-cluster", "--resource-id", "prod", "--access", "admin"];

describe("arguments of helpers", () => {
  it("say what login writes", () => {
    const request = {
      connector: "prod",
      resourceType: "s3-bucket",
      resourceId: "s3://models",
      access: "read",
      ttlSeconds: 1800,
    };
    expect(helperArguments(requestArguments(request)).request).toEqual(request);
    expect(helperArguments(["get", "--home=/x", "--ttl", "1h30m"])).toMatchObject({
      words: ["get"],
      home: "/x",
      request: { ttlSeconds: 5400 },
    });
    expect(() => helperArguments(["--nonsense", "x"])).toThrow("--nonsense");
    expect(() => helperArguments(["--ttl", "soon"])).toThrow("duration");
    expect(() => helperArguments(["--connector"])).toThrow("needs a value");
  });
});

describe("credential-process", () => {
  it("prints version 1, minted once and then from the state", async () => {
    const before = world.mints();
    const one = JSON.parse(await credentialProcess(asked(...requestArguments(bucket)), host())) as Record<
      string,
      string
    >;
    expect(one).toEqual({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SecretAccessKey: expect.any(String),
      SessionToken: expect.any(String),
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      AccountId: "123456789012",
    });
    // Longer than every client's window, or they would call at every request.
    expect(Date.parse(one["Expiration"] ?? "") - Date.now()).toBeGreaterThan(20 * 60_000);
    expect(JSON.parse(await credentialProcess(asked(...requestArguments(bucket)), host()))).toEqual(one);
    expect(world.mints() - before).toBeLessThanOrEqual(2);
    expect(world.broker.audit.list({ limit: 1 })[0]).toMatchObject({ action: "grant.issue", outcome: "allowed" });
  });
  it("refuses what is no AWS session", async () => {
    await expect(credentialProcess(asked(...eks), host())).rejects.toMatchObject({ code: "unsupported" });
    await expect(credentialProcess(asked("-r", "s3-bucket"), host())).rejects.toMatchObject({ code: "usage" });
  });
});

describe("kubernetes-exec", () => {
  it("answers in the caller's own version", async () => {
    const info = JSON.stringify({
      apiVersion: "client.authentication.k8s.io/v1beta1",
      kind: "ExecCredential",
      spec: {},
    });
    expect(JSON.parse(await kubernetesExec(asked(...eks), host("", { KUBERNETES_EXEC_INFO: info })))).toMatchObject({
      apiVersion: "client.authentication.k8s.io/v1beta1",
      status: { token: expect.stringMatching(/^k8s-aws-v1\./), expirationTimestamp: expect.stringMatching(/Z$/) },
    });
    await expect(
      kubernetesExec(
        asked(...eks),
        host("", { KUBERNETES_EXEC_INFO: '{"apiVersion":"client.authentication.k8s.io/v9"}' }),
      ),
    ).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("docker-credential", () => {
  it("speaks docker's protocol for the registries that were logged in to", async () => {
    const mine = { broker: world.broker, environment: world.environment };
    const notFound = { text: "credentials not found in native keychain", exit: 1 };
    expect(await dockerCredential(asked("get"), host(world.aws.registry))).toEqual(notFound);
    await login(mine, { request: { connector: "prod", resourceType: "docker-registry", resourceId: "team/app" } });
    const { text, exit } = await dockerCredential(
      asked("get"),
      host(`https://${world.aws.registry.toUpperCase()}/v2/`),
    );
    expect(exit).toBe(0);
    expect(JSON.parse(text)).toEqual({
      ServerURL: `https://${world.aws.registry.toUpperCase()}/v2/`,
      Username: "AWS",
      Secret: expect.any(String),
    });
    expect(await dockerCredential(asked("get"), host("https://index.docker.io/v1/"))).toEqual(notFound);
    expect(await dockerCredential(asked("get"), host(" "))).toEqual({ text: "no credentials server URL", exit: 1 });
    expect(JSON.parse((await dockerCredential(asked("list"), host("unused"))).text)).toEqual({
      [world.aws.registry]: "AWS",
    });
    expect(await dockerCredential(asked("erase"), host(world.aws.registry))).toEqual({ text: "", exit: 0 });
    expect((await dockerCredential(asked("store"), host("{}"))).exit).toBe(1);
    expect((await dockerCredential(asked("dance"), host())).exit).toBe(1);
    await logout(mine, "prod");
    expect(await dockerCredential(asked("get"), host(world.aws.registry))).toEqual(notFound);
  });
});

describe("as a process", () => {
  const run = (args: string[], environment: Record<string, string | undefined> = {}) =>
    new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
      // From another folder, with nothing but the entry's own arguments.
      execFile(
        process.execPath,
        [script, ...args],
        { cwd: "/", env: { PATH: "/usr/bin", HOME: world.folder, ...environment } },
        (error, out, err) => resolve({ code: error?.code ?? 0, out, err }),
      );
    });
  it("works from any folder by the arguments that login writes", async () => {
    const { code, out, err } = await run(["credential-process", "--home", world.home, ...requestArguments(bucket)]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({ Version: 1 });
  });
  it("tells failures on standard error, with their exit codes", async () => {
    const missing = await run(["credential-process", "--home", world.home, "--connector", "nobody"]);
    expect(missing).toMatchObject({ code: 3, out: "", err: expect.stringContaining("error: ") });
    expect((await run(["credential-process", "--home", world.home, "--wrong"])).code).toBe(2);
    expect(await run(["docker-credential", "--home", world.home, "--wrong", "get"])).toMatchObject({
      code: expect.anything(),
    });
  });
});
