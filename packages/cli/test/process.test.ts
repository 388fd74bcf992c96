/** As a process of its own: what it loads, how it starts, how it is stopped. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, fromVariables, project, roleOptions, type World } from "./harness.ts";

let world: World;
beforeAll(async () => (world = await createWorld()));
afterAll(() => world.close());

const entry = join(import.meta.dirname, "../src/main.ts");
/** Prints on standard error every file that is loaded. */
const spy = `data:text/javascript,${encodeURIComponent(
  'import { registerHooks } from "node:module"; registerHooks({ load: (url, context, next) => { process._rawDebug("LOADED " + url); return next(url, context); } });',
)}`;
type Ended = {
  readonly code: number | null;
  readonly out: string;
  readonly loaded: readonly string[];
  readonly err: string;
};
const start = (argv: readonly string[]) => {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source", "--import", spy, entry, ...argv],
    {
      cwd: project,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: world.home,
        KEYWRIGHT_HOME: world.home,
        KEYWRIGHT_KEYRING: "off",
        CANARY_ID: world.keys.accessKeyId,
        CANARY_KEY: world.keys.secretAccessKey,
      },
    },
  );
  const ended = new Promise<Ended>((resolve) => {
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.once("close", (code) => {
      const lines = Buffer.concat(err).toString().split("\n");
      const loaded = lines.filter((line) => line.startsWith("LOADED "));
      resolve({
        code,
        out: Buffer.concat(out).toString(),
        loaded,
        err: lines.filter((line) => !loaded.includes(line)).join("\n"),
      });
    });
  });
  return { child, ended };
};

test.each([
  ["--help"],
  ["connector list-types"],
  ["connector describe-type aws"],
  ["--version"],
  ["completion zsh"],
  ["__complete"],
])("%s loads nothing heavy", async (line) => {
  const { code, out, loaded } = await start(line.split(" ")).ended;
  expect(code).toBe(0);
  if (line !== "__complete") expect(out.length).toBeGreaterThan(3);
  expect(loaded.length).toBeGreaterThan(3);
  expect(
    loaded.filter((url) =>
      /\/(zod|kysely|ajv|@aws-sdk|@smithy|@clack|@napi-rs)\/|packages\/broker|plugins\/\w+\/src/.test(url),
    ),
  ).toEqual([]);
});

test("Ctrl-C during a verification: exit 130, nothing saved", async () => {
  const withdraw = world.aws.fault({ service: "sts", delayMs: 20_000, times: 10 });
  const { child, ended } = start(["connector", "register", "stopped", ...roleOptions(world), ...fromVariables]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  child.kill("SIGINT");
  const { code, err } = await ended;
  withdraw();
  expect(code).toBe(130);
  expect(err).toMatch(/^error: Cancelled/);
  expect(err).not.toContain(world.keys.secretAccessKey);
  expect(await world.run(["connector", "describe", "stopped"])).toMatchObject({ code: 3 });
  expect((await world.run(["doctor", "--json"])).json()).toMatchObject({ ok: true });
});
