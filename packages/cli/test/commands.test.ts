import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../src/command-table.ts";
import { createWorld, fromVariables, mustWork, roleOptions, type World } from "./harness.ts";

let world: World;
let grantId = "";
beforeAll(async () => {
  world = await createWorld();
  await mustWork(world.register("prod", ["--label", "team=ml"]));
  const issued = await world.run([
    "grant",
    "issue",
    "--connector",
    "prod",
    "-r",
    "s3-bucket",
    "--resource-id",
    "models",
    "--json",
  ]);
  grantId = issued.json<{ id: string }>().id;
});
afterAll(() => world.close());

type Case = {
  readonly argv: () => readonly string[];
  readonly human: RegExp;
  readonly json: (document: never) => void;
};
const right: Record<string, Case> = {
  "connector list-types": {
    argv: () => [],
    human: /aws +AWS +aws-generic .*@keywright\/aws/,
    json: ([row]: [{ type: string; authMethods: string[] }]) =>
      expect(row).toMatchObject({ type: "aws", authMethods: expect.arrayContaining(["iam-role"]) }),
  },
  "connector describe-type": {
    argv: () => ["aws"],
    human: /WHAT A GRANT IS CONFINED TO/,
    json: (document: { table: object[]; authMethods: { config: object[] }[] }) => {
      expect(document.table).toContainEqual(
        expect.objectContaining({
          authMethod: "iam-role",
          resourceType: "s3-bucket",
          access: "read",
          confinement: { to: "resource", by: "session-policy" },
        }),
      );
      expect(document.authMethods[0]?.config[0]).toMatchObject({
        name: "region",
        required: true,
        examples: ["eu-central-1"],
      });
    },
  },
  "connector list": {
    argv: () => ["--resource-id", "s3://models", "--label", "team=ml"],
    human: /prod {2}aws {3}iam-role/,
    json: ([row]: [{ name: string }]) => expect(row.name).toBe("prod"),
  },
  "plugin list": {
    argv: () => [],
    human: /@keywright\/aws +\S+ +enabled +connector aws/,
    json: (rows: object[]) => expect(rows).toContainEqual(expect.objectContaining({ package: "@keywright/aws" })),
  },
  "connector describe": {
    argv: () => ["prod", "-r", "s3-bucket", "--resource-id", "models"],
    human: /The grant that would come[^]*resource, by session-policy/,
    json: (document: object) =>
      expect(document).toMatchObject({
        connector: { name: "prod" },
        grant: { resourceId: "s3://models", access: "read", refused: null },
      }),
  },
  "connector verify": {
    argv: () => ["prod"],
    human: /✓ identity[^]*Verified prod/,
    json: (document: object) => expect(document).toMatchObject({ ok: true, connector: "prod" }),
  },
  "connector list-resources": {
    argv: () => ["prod", "-r", "s3-bucket"],
    human: /prod +s3-bucket +s3:\/\/models/,
    json: (rows: object) =>
      expect(rows).toContainEqual(
        expect.objectContaining({ connector: "prod", resourceType: "s3-bucket", resourceId: "s3://other" }),
      ),
  },
  "connector update": {
    argv: () => ["prod", "--label", "stage=live", "--lifetime", "1h"],
    human: /Updated prod[^]*team=ml[^]*stage=live/,
    json: (document: object) =>
      expect(document).toMatchObject({ connector: { labels: { team: "ml", stage: "live" }, lifetimeSeconds: 3600 } }),
  },
  "connector rotate": {
    argv: () => ["prod", ...fromVariables, "--overlap", "1h"],
    human: /Rotated prod[^]*--rollback/,
    json: (document: object) =>
      expect(document).toMatchObject({ connector: { name: "prod", previousUntil: expect.stringMatching(/Z$/) } }),
  },
  "grant issue": {
    argv: () => [
      "--connector",
      "prod",
      "-r",
      "s3-bucket",
      "--resource-id",
      "models",
      "--ttl",
      "15m",
      "--purpose",
      "a test",
    ],
    human: /Confined to +resource, by session-policy[^]*secretAccessKey +<redacted>/,
    json: (document: object) =>
      expect(document).toMatchObject({
        kind: "aws-session",
        credential: { secretAccessKey: "<redacted>" },
        lifetime: { seconds: 900, decidedBy: "request" },
        outlivesAt: null,
      }),
  },
  "grant list": {
    argv: () => ["--connector", "prod"],
    human: /s3:\/\/models {2}read/,
    json: (rows: object[]) => expect(rows.length).toBeGreaterThan(0),
  },
  "grant describe": {
    argv: () => [grantId],
    human: /Connector +prod \(iam-role\)/,
    json: (document: object) => expect(document).toMatchObject({ id: grantId }),
  },
  "grant revoke": {
    argv: () => [grantId],
    human: /may use it until|no longer works/,
    json: (document: object) => expect(document).toMatchObject({ id: grantId, status: "revoked" }),
  },
  "audit list": {
    argv: () => ["--connector", "prod", "--limit", "500"],
    human: /connector\.register +allowed/,
    json: (rows: object) =>
      expect(rows).toContainEqual(expect.objectContaining({ action: "grant.mint", at: expect.stringMatching(/Z$/) })),
  },
  "audit verify": {
    argv: () => [],
    human: /All \d+ rows are as they were written/,
    json: (document: object) => expect(document).toMatchObject({ ok: true }),
  },
  doctor: {
    argv: () => [],
    human: /✓ key +opens what is sealed[^]*unbroken/,
    json: (document: object) => expect(document).toMatchObject({ ok: true, key: { source: "file" } }),
  },
  "key rotate": {
    argv: () => [],
    human: /Sealed \d+ values anew/,
    json: (document: object) => expect(document).toMatchObject({ source: "file", id: expect.any(String) }),
  },
  completion: {
    argv: () => ["bash"],
    human: /complete -o default -F _keywright keywright kw/,
    json: (document: object) => expect(document).toMatchObject({ shell: "bash" }),
  },
  __complete: { argv: () => [], human: /^prod$/m, json: (names: object) => expect(names).toEqual(["prod"]) },
};

describe("every command, once right", () => {
  for (const [words, { argv, human, json }] of Object.entries(right)) {
    test(`${words}`, async () => {
      const shown = await world.run([...words.split(" "), ...argv()]);
      expect(shown).toMatchObject({ code: 0, err: "" });
      expect(shown.out).toMatch(human);
      const machine = await world.run([...words.split(" "), ...argv(), "--json"]);
      expect(machine).toMatchObject({ code: 0, err: "" });
      json(machine.json<never>());
    });
  }
  test("register and delete", async () => {
    const registered = await world.register("second", ["--json"]);
    expect(registered).toMatchObject({ code: 0, err: "" });
    expect(registered.json()).toMatchObject({
      connector: { name: "second", principal: expect.stringContaining("assumed-role") },
      enabled: null,
      checks: expect.any(Array),
    });
    const deleted = await world.run(["connector", "delete", "second", "--yes", "--json"]);
    expect(deleted.json()).toMatchObject({ deleted: { name: "second" } });
  });
  test("rotate and roll back", async () => {
    await world.run(["connector", "rotate", "prod", ...fromVariables, "--overlap", "1h"]);
    expect(await world.run(["connector", "rotate", "prod", "--rollback"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("Went back"),
    });
  });
  test("reveal shows it, and the audit says so", async () => {
    const issued = await world.run([
      "grant",
      "issue",
      "--connector",
      "prod",
      "-r",
      "s3-bucket",
      "--resource-id",
      "other",
      "--json",
      "--reveal",
    ]);
    const { credential } = issued.json<{ credential: { secretAccessKey: string } }>();
    expect(credential.secretAccessKey).toMatch(/^[\w+/=]{20,}$/);
    const rows = (await world.run(["audit", "list", "--action", "grant.reveal", "--json"])).json<object[]>();
    expect(rows).toHaveLength(1);
  });
  test("empty results are empty lists", async () => {
    for (const argv of [
      ["connector", "list", "--label", "team=none"],
      ["grant", "list", "--connector", "nobody"],
      ["audit", "list", "--action", "none"],
      ["connector", "list-resources", "--label", "team=none"],
    ])
      expect((await world.run([...argv, "--json"])).json()).toEqual([]);
  });
});

const wrong: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  ["connector list-types", ["--type", "awz"], 3, /Did you mean aws\?/],
  ["connector describe-type", ["aws", "-a", "iam-rle"], 3, /Did you mean iam-role\?/],
  ["connector register", ["prod", "--type", "aws"], 2, /Say how to authenticate/],
  ["connector list", ["--label", "team"], 2, /is not KEY=VALUE/],
  ["connector describe", ["prdo"], 3, /Did you mean prod\?/],
  ["connector verify", [], 2, /connector verify needs NAME/],
  ["connector list-resources", ["prod", "-r", "gcs-bucket"], 4, /is not registered for gcs-bucket/],
  ["connector update", ["prod"], 2, /Nothing to change/],
  ["connector rotate", ["prod"], 2, /accessKeyId and secretAccessKey are missing/],
  ["connector delete", ["prod"], 2, /Add --yes/],
  ["connector authenticate", ["prod"], 2, /needs no dialogue/],
  ["grant issue", ["--connector", "prod"], 2, /several resource types/],
  ["grant list", ["--status", "activ"], 2, /Did you mean active\?/],
  ["grant describe", ["nothing"], 3, /There is no grant nothing/],
  ["grant revoke", ["nothing"], 3, /There is no grant nothing/],
  ["audit list", ["--limit", "ten"], 2, /--limit ten is not a whole number/],
  ["audit verify", ["more"], 2, /does not know what to do with more/],
  ["doctor", ["--jsn"], 2, /Did you mean --json\?/],
  ["key rotate", ["now"], 2, /does not know what to do with now/],
  ["completion", ["bsh"], 2, /Did you mean bash\?/],
];
describe("every command, once wrong", () => {
  for (const [words, argv, code, message] of wrong) {
    test(`${words} ${argv.join(" ")}`, async () => {
      const shown = await world.run([...words.split(" "), ...argv]);
      expect(shown).toMatchObject({ code, out: "" });
      expect(shown.err).toMatch(message);
      expect(shown.err).not.toMatch(/\n\s+at /);
      const [first, hint, ...more] = shown.err.trimEnd().split("\n");
      expect(first).toMatch(/^error: /);
      expect(hint).toMatch(/^ {2}\S/);
      expect(more).toEqual([]);
      const machine = await world.run([...words.split(" "), ...argv, "--json"]);
      expect(machine).toMatchObject({ code, err: "" });
      expect(machine.json()).toMatchObject({
        error: { code: expect.any(String), message: expect.any(String), hint: expect.any(String), exitCode: code },
      });
    });
  }
  test("the tables above name every command that is ours", () => {
    const theirs = [
      "run",
      "credential-process",
      "connector login",
      "connector logout",
      "docker-credential",
      "kubernetes-exec",
      // In plugins.test.ts and types.test.ts.
      "types",
      "schema",
      "plugin add",
      "plugin remove",
      "plugin verify",
      "plugin create",
      "plugin build",
    ];
    const ours = commands.map(({ words }) => words.join(" ")).filter((words) => !theirs.includes(words));
    const named = new Set([...Object.keys(right), ...wrong.map(([words]) => words)]);
    expect(ours.filter((words) => !named.has(words))).toEqual([]);
  });
});

test("help and completion know every visible command", async () => {
  const help = await world.run(["--help"]);
  const scripts = await Promise.all(["bash", "zsh", "fish"].map((shell) => world.run(["completion", shell])));
  for (const { words, hidden } of commands) {
    if (hidden) continue;
    expect(help.out).toContain(words.join(" "));
    for (const { out } of scripts) expect(out).toContain(words.at(-1));
    expect(await world.run([...words, "--help"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("Usage: keywright "),
    });
  }
});

test("a verification that fails says what was seen and the fix, saves nothing, exits 5", async () => {
  const missing = roleOptions(world).map((one) => one.replace(":role/kw", ":role/nobody"));
  const failed = await world.run(["connector", "register", "broken", ...missing, ...fromVariables]);
  expect(failed.code).toBe(5);
  expect(failed.out).toMatch(/✗ identity[^]*seen [^]*fix /);
  expect(await world.run(["connector", "describe", "broken"])).toMatchObject({ code: 3 });
  const machine = await world.run(["connector", "register", "broken", ...missing, ...fromVariables, "--json"]);
  expect(machine.json()).toMatchObject({
    error: {
      code: "verification-failed",
      data: { checks: [expect.objectContaining({ ok: false, fix: expect.any(String) })] },
    },
  });
});

test("no canary in any output", () => {
  for (const canary of world.canaries) expect(world.everything()).not.toContain(canary);
});
