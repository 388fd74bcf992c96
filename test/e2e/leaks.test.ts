/**
 * Main credentials are canaries here. The built command line is run as processes, right and wrong, and then everything that
 * it wrote is searched: output, errors, JSON, state, temp files, profiles, arguments and environments of children.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sharedProject } from "../suites/project.ts";
import { doubleTarget } from "../suites/aws-double-target.ts";

const root = join(import.meta.dirname, "..", "..");
const bin = join(root, "packages", "cli", "bin", "keywright.js");
let target: Awaited<ReturnType<typeof doubleTarget>>;
const base = mkdtempSync(join(tmpdir(), "kw-leaks-"));
const folders = { home: join(base, "home"), state: join(base, "state"), temp: join(base, "temp") };
const seen: { what: string; bytes: Buffer }[] = [];

const keywright = (
  words: readonly string[],
  options: { env?: Record<string, string>; stdin?: string } = {},
): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, ...words], {
      cwd: sharedProject(),
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folders.home,
        TMPDIR: folders.temp,
        KEYWRIGHT_HOME: folders.state,
        KEYWRIGHT_KEYRING: "off",
        NO_COLOR: "1",
        ...options.env,
      },
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.stdin.end(options.stdin ?? "");
    child.once("close", (code) => {
      seen.push({ what: `output of ${words.join(" ").slice(0, 60)}`, bytes: Buffer.concat([...out, ...err]) });
      resolve({ code: code ?? -1, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() });
    });
  });
const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) =>
    statSync(join(folder, name)).isDirectory() ? filesIn(join(folder, name)) : [join(folder, name)],
  );
const forms = (secret: string): Buffer[] => {
  // Base64 of a text that stands inside another one can begin at any of three offsets.
  const inner = [0, 1, 2].map((shift) =>
    Buffer.from("x".repeat(shift) + secret)
      .toString("base64")
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString("hex"),
    Buffer.from(secret).toString("base64url"),
    ...inner,
  ].map((form) => Buffer.from(form));
};
const plant = (connector: string, more: readonly string[]) => {
  const { stsEndpoint = "" } = target.config as { stsEndpoint?: string };
  return [
    "connector",
    "register",
    connector,
    "--type",
    "aws",
    "--resource-type",
    "s3-bucket",
    "--region",
    "eu-central-1",
    ...["sts", "s3", "ecr", "eks"].flatMap((service) => [`--${service}-endpoint`, stsEndpoint]),
    ...target.endpoints.flatMap((host) => ["--allow-endpoint", host]),
    ...more,
  ];
};

beforeAll(async () => {
  target = await doubleTarget();
  for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
});
afterAll(async () => {
  await target.close();
  rmSync(base, { recursive: true, force: true });
});

it("no main credential is in anything that was written", async () => {
  const keys = target.methods["iam-role"]?.secret ?? {};
  const session = target.methods["sts-token"]?.secret ?? {};
  const roleArn = String(target.methods["iam-role"]?.config["roleArn"]);
  const canaries = [keys["secretAccessKey"], session["secretAccessKey"], session["sessionToken"]].filter(
    (one) => one !== undefined,
  );
  expect(canaries.length).toBe(3);
  const secretFile = join(base, "given.txt");
  writeFileSync(secretFile, keys["secretAccessKey"] ?? "", { mode: 0o600 });

  const run = async (words: readonly string[], code: number, options?: Parameters<typeof keywright>[1]) => {
    const done = await keywright(words, options);
    expect(done.code, `${words.join(" ")}\n${done.out}\n${done.err}`).toBe(code);
    return done;
  };
  const id = ["--access-key-id", keys["accessKeyId"] ?? ""];
  await run(
    plant("from-env", ["--auth-method", "iam-role", "--role-arn", roleArn, ...id, "--secret-access-key", "env:GIVEN"]),
    0,
    { env: { GIVEN: keys["secretAccessKey"] ?? "" } },
  );
  await run(plant("from-file", ["--auth-method", "secret-key", ...id, "--secret-access-key", `@${secretFile}`]), 0);
  await run(
    plant("from-stdin", [
      "--auth-method",
      "sts-token",
      "--access-key-id",
      session["accessKeyId"] ?? "",
      "--secret-access-key",
      "env:GIVEN",
      "--session-token",
      "-",
    ]),
    0,
    { env: { GIVEN: session["secretAccessKey"] ?? "" }, stdin: session["sessionToken"] ?? "" },
  );
  rmSync(secretFile);
  for (const json of [[], ["--json"]]) {
    await run(["connector", "list", ...json], 0);
    for (const name of ["from-env", "from-file", "from-stdin"]) {
      await run(["connector", "describe", name, ...json], 0);
      await run(["connector", "verify", name, ...json], 0);
      await run(["connector", "list-resources", name, ...json], 0);
    }
    await run(["grant", "issue", "--connector", "from-env", "--resource-id", "models", ...json], 0);
    await run(["grant", "issue", "--connector", "from-env", "--resource-id", "models", "--reveal", ...json], 0);
    await run(["grant", "issue", "--connector", "from-stdin", "--resource-id", "models", ...json], 4);
    await run(["grant", "issue", "--connector", "from-env", "--resource-id", "s3://no-such-bucket-here/x", ...json], 0);
    await run(["grant", "list", ...json], 0);
    await run(["audit", "list", ...json], 0);
    await run(["audit", "verify", ...json], 0);
    await run(["doctor", ...json], 0);
  }
  const request = ["--connector", "from-env", "--resource-type", "s3-bucket", "--resource-id", "models"];
  await run(["credential-process", ...request], 0);
  const look = `const fs=require("fs"); for (const pid of ["self", String(process.ppid)]) for (const what of ["cmdline","environ"]) process.stdout.write(fs.readFileSync("/proc/"+pid+"/"+what)); process.stdout.write(JSON.stringify(process.env))`;
  await run(["run", ...request, "--", process.execPath, "-e", look], 0);
  await run(["run", "--static", ...request, "--", process.execPath, "-e", look], 0);
  await run(["connector", "login", "from-env", "--resource-type", "s3-bucket", "--resource-id", "models"], 0);
  // What goes wrong says no more than what goes right.
  const wrong = await keywright(
    plant("wrong", [
      "--auth-method",
      "iam-role",
      "--role-arn",
      roleArn,
      ...id,
      "--secret-access-key",
      "env:GIVEN",
      "--debug",
    ]),
    { env: { GIVEN: `${keys["secretAccessKey"]}x` } },
  );
  expect(wrong.code).toBe(5);
  await run(["connector", "rotate", "from-env", ...id, "--secret-access-key", "env:GIVEN"], 0, {
    env: { GIVEN: keys["secretAccessKey"] ?? "" },
  });
  const withdraw = target.aws.fault({ service: "sts", times: 50, status: 500, code: "InternalFailure" });
  expect(
    (await keywright(["grant", "issue", "--connector", "from-file", "--resource-id", "models", "--debug"])).code,
  ).toBe(7);
  withdraw();
  await run(["connector", "delete", "from-file", "--yes"], 0);

  for (const folder of Object.values(folders))
    for (const file of filesIn(folder)) seen.push({ what: file, bytes: readFileSync(file) });
  expect(seen.length).toBeGreaterThan(45);
  const hits = canaries.flatMap((canary) =>
    forms(canary).flatMap((form) => seen.filter(({ bytes }) => bytes.includes(form)).map(({ what }) => what)),
  );
  expect(hits).toEqual([]);
  // The search would find one: a grant's own secret in what --reveal printed, and a canary inside other text.
  const shown =
    seen.flatMap(({ bytes }) => /"secretAccessKey": ?"([^"<]+)"/.exec(bytes.toString())?.[1] ?? [])[0] ?? "none";
  expect(forms(shown).some((form) => seen.some(({ bytes }) => bytes.includes(form)))).toBe(true);
  const [canary = ""] = canaries;
  for (const around of ["", "a", "ab"]) {
    const planted = Buffer.from(Buffer.from(`${around}${canary}tail`).toString("base64"));
    expect(forms(canary).some((form) => planted.includes(form))).toBe(true);
  }
}, 120_000);
