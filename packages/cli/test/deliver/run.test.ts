import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWith } from "../../src/deliver/run.ts";
import { bucket, createWorld, repository, script, type World } from "./world.ts";

let world: World;
beforeAll(async () => void (world = await createWorld()));
afterAll(() => world.close());

const warnings: string[] = [];
/** Runs a piece of ESM as the child; it writes what it finds to `out`. */
const child = async (
  code: string,
  options: Partial<Parameters<typeof runWith>[1]> & { environment?: Record<string, string> } = {},
) => {
  warnings.length = 0;
  const out = join(world.folder, `out${Math.random()}`);
  const file = `${out}.mjs`;
  writeFileSync(
    file,
    `import { writeFileSync } from "node:fs";\nconst out = (value) => writeFileSync(${JSON.stringify(out)}, JSON.stringify(value));\n${code}`,
  );
  const status = await runWith(
    {
      broker: world.broker,
      environment: { ...world.environment, ...options.environment },
      cwd: repository,
      terminal: false,
      clock: world.clock,
      warn: (line) => warnings.push(line),
      stdio: "inherit",
    },
    {
      request: options.request ?? bucket,
      static: options.static ?? false,
      command: options.command ?? [process.execPath, file],
    },
  );
  return { status, found: existsSync(out) ? (JSON.parse(readFileSync(out, "utf8")) as never) : null } as {
    status: number;
    found: never;
  };
};

describe("run", () => {
  it("serves an unmodified SDK over an endpoint, with nothing secret in arguments or variables", async () => {
    mkdirSync(join(world.folder, ".aws"), { recursive: true });
    writeFileSync(
      join(world.folder, ".aws/config"),
      "[profile dev]\nregion = us-east-1\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\noutput = json\n",
    );
    writeFileSync(
      join(world.folder, ".aws/credentials"),
      "[default]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = wrong\n",
    );
    const environment = {
      AWS_PROFILE: "dev",
      AWS_ACCESS_KEY_ID: "AKIAWRONG",
      AWS_SECRET_ACCESS_KEY: "wrong",
      AWS_SESSION_TOKEN: "wrong",
      AWS_ROLE_ARN: "arn",
      AWS_WEB_IDENTITY_TOKEN_FILE: "/x",
      KEYWRIGHT_KEY: "",
    };
    const { status, found } = await child(
      `import { createRequire } from "node:module";
       import { readFileSync, statSync } from "node:fs";
       import { dirname } from "node:path";
       const { S3Client, GetObjectCommand } = createRequire(${JSON.stringify(join(repository, "test/package.json"))})("@aws-sdk/client-s3");
       const s3 = new S3Client({});
       const read = async (Bucket) => { try { return await (await s3.send(new GetObjectCommand({ Bucket, Key: "a.txt" }))).Body.transformToString(); } catch (error) { return error.name; } };
       const keys = await s3.config.credentials();
       const config = readFileSync(process.env.AWS_CONFIG_FILE, "utf8");
       out({ mine: await read("models"), other: await read("other"), keys, config, argv: process.argv, env: process.env,
         modes: [process.env.AWS_CONFIG_FILE, process.env.AWS_SHARED_CREDENTIALS_FILE].map((file) => statSync(file).mode & 0o777), folder: dirname(process.env.AWS_CONFIG_FILE) });`,
      { environment },
    );
    type Found = {
      mine: string;
      other: string;
      keys: Record<string, string>;
      config: string;
      argv: string[];
      env: Record<string, string>;
      modes: number[];
      folder: string;
    };
    const { mine, other, keys, config, argv, env, modes, folder } = found as Found;
    expect({ status, mine, other }).toEqual({ status: 0, mine: "hello", other: "AccessDenied" });
    for (const name of [
      "AWS_PROFILE",
      "AWS_ACCESS_KEY_ID",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "AWS_ROLE_ARN",
      "AWS_WEB_IDENTITY_TOKEN_FILE",
      "KEYWRIGHT_KEY",
    ])
      expect(env).not.toHaveProperty(name);
    expect(config).toBe(
      "[profile dev]\nregion = us-east-1\noutput = json\n[default]\nregion = us-east-1\noutput = json\n",
    );
    expect(modes).toEqual([0o600, 0o600]);
    expect(existsSync(folder)).toBe(false);
    const seen = JSON.stringify([argv, env]);
    for (const secret of [keys["secretAccessKey"], keys["sessionToken"], world.mainSecret])
      expect(seen).not.toContain(String(secret));
  });

  it("renews across expiry", async () => {
    const code = `import { createRequire } from "node:module";
      import { existsSync } from "node:fs";
      const { S3Client, GetObjectCommand } = createRequire(${JSON.stringify(join(repository, "test/package.json"))})("@aws-sdk/client-s3");
      const read = async () => { const s3 = new S3Client({}); const { accessKeyId } = await s3.config.credentials(); const { Body } = await s3.send(new GetObjectCommand({ Bucket: "models", Key: "a.txt" })); return [accessKeyId, await Body.transformToString()]; };
      const one = await read();
      writeFileSync(${JSON.stringify(join(world.folder, "ready"))}, "");
      while (!existsSync(${JSON.stringify(join(world.folder, "moved"))})) await new Promise((resolve) => setTimeout(resolve, 20));
      out([one, await read()]);`;
    const running = child(code);
    while (!existsSync(join(world.folder, "ready"))) await new Promise((resolve) => setTimeout(resolve, 20));
    const before = world.mints();
    world.advance(3700);
    writeFileSync(join(world.folder, "moved"), "");
    const { status, found } = await running;
    const [[first, one], [second, two]] = found as [[string, string], [string, string]];
    expect({ status, one, two }).toEqual({ status: 0, one: "hello", two: "hello" });
    expect(second).not.toBe(first);
    expect(world.mints()).toBe(before + 1);
  });

  it("passes exit codes, and those of a shell where there is none", async () => {
    expect((await child("process.exit(7)")).status).toBe(7);
    expect((await child("process.kill(process.pid, 'SIGKILL')")).status).toBe(137);
    expect((await child("", { command: ["/nowhere/to/be/found"] })).status).toBe(127);
    expect(warnings[0]).toContain("was not found");
    expect((await child("", { command: [world.folder] })).status).toBe(126);
    expect(readdirSync(join(world.home, "run"))).toEqual([]);
  });

  it("sets plain variables where asked, and says when they end", async () => {
    const { found } = await child("out(process.env)", { static: true });
    expect(found).toMatchObject({
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_S3: world.aws.url,
    });
    expect(found).not.toHaveProperty("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    expect(warnings).toEqual([expect.stringContaining("end at")]);
  });

  it("hands a registry's login to docker by a helper, and a cluster's to kubectl by a plugin", async () => {
    const ecr = { connector: "prod", resourceType: "docker-registry", resourceId: "team/app" };
    const docker = await child(
      `import { execFileSync } from "node:child_process";
       import { readFileSync } from "node:fs";
       const config = JSON.parse(readFileSync(process.env.DOCKER_CONFIG + "/config.json", "utf8"));
       const [[host, suffix]] = Object.entries(config.credHelpers);
       const get = (input) => { try { return execFileSync("docker-credential-" + suffix, ["get"], { input, encoding: "utf8" }).trim(); } catch (error) { return [error.status, error.stdout.trim()]; } };
       out({ host, login: JSON.parse(get("https://" + host + "/")), not: get("gcr.io") });`,
      { request: ecr },
    );
    expect(docker.found).toMatchObject({
      host: world.aws.registry,
      login: { Username: "AWS", ServerURL: `https://${world.aws.registry}/` },
      not: [1, "credentials not found in native keychain"],
    });
    const eks = { connector: "prod", resourceType: "kubernetes-cluster", resourceId: "prod", access: "admin" };
    const cluster = await child(
      `import { execFileSync } from "node:child_process";
       import { readFileSync } from "node:fs";
       const { users: [{ user: { exec } }] } = JSON.parse(readFileSync(process.env.KUBECONFIG, "utf8"));
       out({ exec, answer: JSON.parse(execFileSync(exec.command, exec.args, { encoding: "utf8" })) });`,
      { request: eks },
    );
    expect(cluster.found).toMatchObject({
      answer: { kind: "ExecCredential", status: { token: expect.stringMatching(/^k8s-aws-v1\./) } },
    });
    await expect(child("", { request: eks, static: true })).rejects.toMatchObject({ code: "unsupported" });
  });

  it("passes signals on, and ends as the child does", async () => {
    const marker = join(world.folder, "signalled");
    const code = `process.on("SIGTERM", () => process.exit(42)); process.on("SIGHUP", () => require("fs").writeFileSync(${JSON.stringify(`${marker}.hup`)}, "")); require("fs").writeFileSync(${JSON.stringify(marker)}, ""); setInterval(() => {}, 1000)`;
    const running = spawn(
      process.execPath,
      [
        script,
        "run",
        "--connector",
        "prod",
        "-r",
        "s3-bucket",
        "--resource-id",
        "s3://models",
        "--",
        process.execPath,
        "-e",
        code,
      ],
      {
        env: { ...world.environment, NODE_EXTRA_CA_CERTS: undefined },
        stdio: ["ignore", "pipe", "pipe"],
        cwd: world.folder,
      },
    );
    const ended = once(running, "exit");
    while (!existsSync(marker) && running.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill("SIGHUP");
    while (!existsSync(`${marker}.hup`) && running.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill("SIGTERM");
    expect(await ended).toEqual([42, null]);
  });
});
