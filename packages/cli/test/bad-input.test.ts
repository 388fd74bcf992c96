import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../test/suites/project.ts";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  bytesUnder,
  createWorld,
  emptyFolder,
  fromVariables,
  mustWork,
  project,
  roleOptions,
  type RunOptions,
  type World,
} from "./harness.ts";

let world: World;
const canary = "kwCanary/7d1f0c5ab93e4d0b+LIVE";
beforeAll(async () => {
  world = await createWorld();
  world.canaries.add(canary);
  await mustWork(world.register("prod"));
});
afterAll(() => world.close());

/** The options of `roleOptions`, one of them replaced. */
const withOption = (name: string, value: string): string[] =>
  roleOptions(world).map((one) => (one.startsWith(`--${name}=`) ? `--${name}=${value}` : one));
const big = "x".repeat(1_000_000);

type Case = readonly [
  what: string,
  argv: () => readonly string[],
  code: number,
  message: RegExp,
  options?: () => RunOptions,
];
const fields: readonly Case[] = [
  [
    "unknown key",
    () => [...roleOptions(world), "--role-ran=x", ...fromVariables],
    2,
    /has no field role-ran\. Did you mean --role-arn\?/,
  ],
  [
    "a key of another method",
    () => [...roleOptions(world), "--start-url=https://x.awsapps.com/start", ...fromVariables],
    2,
    /It belongs to sso/,
  ],
  [
    "unknown key by --set",
    () => [...roleOptions(world), "--set", "regoin=eu-west-1", ...fromVariables],
    2,
    /Did you mean --region\?/,
  ],
  ["unknown method", () => ["--type", "aws", "-a", "iam-rol"], 3, /no auth method iam-rol\. Did you mean iam-role\?/],
  ["unknown type", () => ["--type", "asw"], 3, /Did you mean aws\?/],
  [
    "unknown region",
    () => [...withOption("region", "Frankfurt"), ...fromVariables],
    2,
    /region must have the form of eu-central-1/,
  ],
  [
    "malformed ARN",
    () => [...withOption("role-arn", "arn:aws:iam::12:role/x"), ...fromVariables],
    2,
    /roleArn must have the form of arn:aws:iam::123456789012:role/,
  ],
  [
    "wrong partition",
    () => [...roleOptions(world), "--partition=aws-eu", ...fromVariables],
    2,
    /partition must be aws, aws-cn or aws-us-gov/,
  ],
  ["empty value", () => [...withOption("region", ""), ...fromVariables], 2, /region must have the form/],
  [
    "empty secret",
    () => [...roleOptions(world), "--access-key-id=env:CANARY_ID", "--secret-access-key="],
    2,
    /secretAccessKey is empty/,
  ],
  [
    "1 MB value",
    () => [...roleOptions(world), `--external-id=${big}`, ...fromVariables],
    2,
    /externalId has 1000000 characters; a field has at most 262144/,
  ],
  [
    "1 MB secret",
    () => [...roleOptions(world), "--access-key-id=env:CANARY_ID", "--secret-access-key=-"],
    2,
    /secretAccessKey has more than 262144 bytes/,
    () => ({ stdin: big }),
  ],
  [
    "key with a newline",
    () => [...roleOptions(world), "--access-key-id=env:CANARY_ID", "--secret-access-key=env:TORN"],
    2,
    /secretAccessKey has a line break in it/,
    () => ({ environment: { TORN: `${canary}\nx` } }),
  ],
  [
    "a name with a newline",
    () => [...roleOptions(world), ...fromVariables, "--set", "a\nb=c"],
    2,
    /has no field "a\\nb"/,
  ],
  ["secret missing", () => roleOptions(world), 2, /accessKeyId and secretAccessKey are missing/],
  [
    "secret from a file that is not there",
    () => [...roleOptions(world), "--access-key-id=env:CANARY_ID", "--secret-access-key=@nowhere"],
    2,
    /nowhere, which does not exist/,
  ],
  [
    "secret from a variable that is not set",
    () => [...roleOptions(world), "--access-key-id=env:CANARY_ID", "--secret-access-key=env:NOPE"],
    2,
    /variable NOPE, which is not set/,
  ],
  [
    "two secrets on standard input",
    () => [...roleOptions(world), "--access-key-id=-", "--secret-access-key=-"],
    2,
    /both ask for standard input/,
    () => ({ stdin: "AKIAIOSFODNN7EXAMPLE" }),
  ],
  [
    "boolean that is none",
    () => [...roleOptions(world), "--fips=perhaps", ...fromVariables],
    2,
    /fips must be true or false/,
  ],
  [
    "a rule across fields",
    () => [
      ...roleOptions(world).filter((one) => !one.startsWith("--sts")),
      "--minimum-lifetime-seconds=60",
      ...fromVariables,
    ],
    2,
    /minimumLifetimeSeconds needs stsEndpoint/,
  ],
  [
    "an endpoint nobody allowed",
    () => [...withOption("sts-endpoint", "http://127.0.0.1:9"), ...fromVariables],
    4,
    /127\.0\.0\.1:9 is not an address[^]*add --allow-endpoint 127\.0\.0\.1:9/,
  ],
  [
    "a lifetime that is none",
    () => [...roleOptions(world), "--lifetime", "soon", ...fromVariables],
    2,
    /--lifetime soon is not a duration/,
  ],
  [
    "a time without zone",
    () => [...roleOptions(world), "--expires-at", "2027-01-01", ...fromVariables],
    2,
    /not a time with a zone/,
  ],
  ["-i without a terminal", () => ["-i"], 2, /-i asks at a terminal/],
];
describe("register: each a one-line error with what to do", () => {
  for (const [what, argv, code, message, options] of fields) {
    test(`${what}`, async () => {
      const ran = await world.run(["connector", "register", "bad", ...argv()], options?.());
      expect(ran.err).toMatch(message);
      expect(ran.code).toBe(code);
      expect(
        ran.err
          .trimEnd()
          .split("\n")
          .filter((line) => !line.startsWith("warning:")),
      ).toHaveLength(2);
      expect(ran.err.length).toBeLessThan(2000);
      const machine = await world.run(["connector", "register", "bad", ...argv(), "--json"], options?.());
      expect(machine.json()).toMatchObject({ error: { exitCode: code } });
      expect(await world.run(["connector", "describe", "bad"])).toMatchObject({ code: 3 });
    });
  }
  test("a literal secret is taken, with a warning", async () => {
    const ran = await world.run([
      "connector",
      "register",
      "literal",
      ...roleOptions(world),
      `--accessKeyId=${world.keys.accessKeyId}`,
      `--secretAccessKey=${world.keys.secretAccessKey}`,
    ]);
    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/^warning: secretAccessKey was given on the command line/);
  });
  test("from a file and from standard input", async () => {
    const file = join(world.home, "id.txt");
    writeFileSync(file, `${world.keys.accessKeyId}\n`);
    const ran = await world.run(
      ["connector", "register", "piped", ...roleOptions(world), `--access-key-id=@${file}`, "--secret-access-key=-"],
      { stdin: `${world.keys.secretAccessKey}\n` },
    );
    expect(ran).toMatchObject({ code: 0, err: "" });
  });
  test("a taken name", async () => {
    expect(await world.register("prod")).toMatchObject({
      code: 1,
      err: expect.stringContaining("There is a connector prod already"),
    });
  });
  test("no network", async () => {
    const closed = "http://127.0.0.1:1";
    const argv = roleOptions(world).map((one) =>
      one.replace(world.aws.url, closed).replace(new URL(world.aws.url).host, "127.0.0.1:1"),
    );
    const ran = await world.run(["connector", "register", "far", ...argv, ...fromVariables]);
    expect(ran.code).toBe(5);
    expect(ran.out).toMatch(/✗ reachability/);
  });
});

describe("the house", () => {
  const state = (prepare: (home: string) => void): Record<string, string> => {
    const home = emptyFolder();
    prepare(home);
    return { KEYWRIGHT_HOME: home };
  };
  test.skipIf(process.getuid?.() === 0)("unwritable folder", async () => {
    const environment = state((home) => chmodSync(home, 0o500));
    expect(await world.run(["connector", "list"], { environment })).toMatchObject({
      code: 1,
      err: expect.stringContaining("cannot be"),
    });
  });
  test("a file where the folder should be", async () => {
    const environment = { KEYWRIGHT_HOME: join(project, "package.json") };
    const ran = await world.run(["connector", "list", "--json"], { environment });
    expect(ran.json()).toMatchObject({
      error: { code: "state-unavailable", hint: expect.stringContaining("KEYWRIGHT_HOME") },
    });
  });
  test("corrupt database", async () => {
    const environment = state((home) => writeFileSync(join(home, "keywright.db"), "this is no database".repeat(500)));
    const before = readFileSync(join(environment["KEYWRIGHT_HOME"] ?? "", "keywright.db"));
    expect(await world.run(["connector", "list"], { environment })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is damaged[^]*backup/),
    });
    expect(await world.run(["doctor"], { environment })).toMatchObject({
      code: 1,
      out: expect.stringContaining("✗ state"),
    });
    expect(await world.run(["connector", "list-types"], { environment })).toMatchObject({ code: 0 });
    expect(readFileSync(join(environment["KEYWRIGHT_HOME"] ?? "", "keywright.db"))).toEqual(before);
  });
  test("a state of a newer version", async () => {
    const environment = state((home) => {
      const database = new DatabaseSync(join(home, "keywright.db"));
      database.exec("PRAGMA user_version = 999");
      database.close();
    });
    expect(await world.run(["connector", "list"], { environment })).toMatchObject({
      code: 1,
      err: expect.stringContaining("newer Keywright"),
    });
  });
  test("a wrong key is its own error", async () => {
    const key = Buffer.alloc(32, 7).toString("base64url");
    expect(await world.run(["connector", "list", "--json"], { environment: { KEYWRIGHT_KEY: key } })).toMatchObject({
      code: 1,
      out: expect.stringContaining('"key-wrong"'),
    });
    expect(await world.run(["connector", "list"], { environment: { KEYWRIGHT_KEY: "short" } })).toMatchObject({
      code: 1,
    });
  });
  test("doctor makes nothing", async () => {
    const environment = { KEYWRIGHT_HOME: join(emptyFolder(), "none") };
    expect(await world.run(["doctor", "--json"], { environment })).toMatchObject({ code: 0 });
    expect(existsSync(environment.KEYWRIGHT_HOME)).toBe(false);
  });
});

const manifest = JSON.parse(readFileSync(join(repository, "plugins/aws/generated/manifest.json"), "utf8")) as Record<
  string,
  unknown
>;
/** A project whose dependencies are these plugins. */
const projectWith = (plugins: Record<string, unknown>): string => {
  const folder = emptyFolder();
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ dependencies: Object.fromEntries(Object.keys(plugins).map((name) => [name, "*"])) }),
  );
  for (const [name, text] of Object.entries(plugins)) {
    const at = join(folder, "node_modules", name);
    mkdirSync(join(at, "generated"), { recursive: true });
    writeFileSync(join(at, "package.json"), JSON.stringify({ name, version: "1.2.3", keywright: {} }));
    writeFileSync(join(at, "generated/manifest.json"), typeof text === "string" ? text : JSON.stringify(text));
  }
  return folder;
};
const elsewhere = () => ({ KEYWRIGHT_HOME: join(emptyFolder(), "none") });

describe("plugins", () => {
  test("two that claim one type", async () => {
    const options = {
      cwd: projectWith({ one: { ...manifest, package: "one" }, two: { ...manifest, package: "two" } }),
      environment: elsewhere(),
    };
    expect(await world.run(["connector", "describe-type", "aws"], options)).toMatchObject({
      code: 1,
      err: expect.stringContaining("one and two both bring the connector type aws"),
    });
    expect(await world.run(["connector", "list-types"], options)).toMatchObject({
      code: 1,
      err: expect.stringContaining("both bring"),
    });
    expect(await world.run(["connector", "register", "x", "--type", "aws", "-a", "implicit"], options)).toMatchObject({
      code: 1,
    });
  });
  test("an unknown contract version, the others unharmed", async () => {
    const options = {
      cwd: projectWith({
        good: { ...manifest, package: "good" },
        later: { ...manifest, package: "later", contract: 9 },
      }),
      environment: elsewhere(),
    };
    const shown = await world.run(["connector", "list-types"], options);
    expect(shown).toMatchObject({
      code: 1,
      out: expect.stringContaining("aws"),
      err: expect.stringMatching(/later is written for plugin contract 9[^]*Upgrade keywright/),
    });
    const rows = (await world.run(["connector", "list-types", "--json"], options)).json<object[]>();
    expect(rows).toEqual([
      expect.objectContaining({ type: "aws" }),
      { error: expect.objectContaining({ code: "plugin-incompatible" }) },
    ]);
  });
  test("a manifest that is none", async () => {
    const options = { cwd: projectWith({ torn: "{" }), environment: elsewhere() };
    expect(await world.run(["connector", "list-types"], options)).toMatchObject({
      code: 1,
      err: expect.stringContaining("torn has no manifest that can be read"),
    });
  });
  test("none at all", async () => {
    const options = { cwd: projectWith({}), environment: elsewhere() };
    expect(await world.run(["connector", "list-types"], options)).toMatchObject({
      code: 0,
      out: expect.stringContaining("npm install @keywright/aws"),
    });
    expect(await world.run(["connector", "describe-type", "aws"], options)).toMatchObject({ code: 3 });
  });
});

test("--debug tells the stack, and no secret", async () => {
  const ran = await world.run(["connector", "describe", "nobody", "--debug"]);
  expect(ran.err).toMatch(/\n\s+at /);
});
test("cancelled: exit 130, nothing saved", async () => {
  const controller = new AbortController();
  controller.abort();
  const ran = await world.run(["connector", "register", "stopped", ...roleOptions(world), ...fromVariables], {
    signal: controller.signal,
  });
  expect(ran).toMatchObject({ code: 130, err: expect.stringContaining("Cancelled") });
  expect(await world.run(["connector", "describe", "stopped"])).toMatchObject({ code: 3 });
});
test("no canary in any output or in the state", () => {
  const database = bytesUnder(world.home).replace(/x{1000,}/g, "");
  for (const secret of world.canaries) {
    expect(world.everything()).not.toContain(secret);
    for (const form of [
      secret,
      Buffer.from(secret).toString("base64"),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("hex"),
    ])
      expect(database).not.toContain(form);
  }
});
