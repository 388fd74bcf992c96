/** `keywright plugin …`, the lock beside package.json, and every way in which a plugin may not be what it says. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createProject, temporaryFolder } from "../../../test/suites/project.ts";
import { type SmallPlugin, writeSmallPlugin } from "../../../test/suites/small-plugin.ts";
import { createBroker } from "@keywright/broker";
import { builtInPlugins } from "../src/context.ts";
import type { Prompts } from "../src/prompts.ts";
import { createWorld, type World } from "./harness.ts";

let world: World;
let project = "";
let state = "";
let acme: SmallPlugin;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

const depend = (...names: readonly string[]) =>
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "project", dependencies: Object.fromEntries(names.map((name) => [name, "*"])) }),
  );
beforeEach(async () => {
  project = createProject({});
  state = join(temporaryFolder("state"), "home");
  acme = await writeSmallPlugin(project, "acme");
  depend(acme.package);
});

const run = (words: string, cwd = project) =>
  world.run(words.split(" "), {
    cwd,
    environment: { KEYWRIGHT_HOME: state, KEYWRIGHT_KEYRING: "off", KEY: "sesame-open" },
  });
const lockOf = (folder = project) =>
  JSON.parse(readFileSync(join(folder, "keywright-lock.json"), "utf8")) as {
    plugins: Record<string, { version: string; integrity?: string; files?: Record<string, string> }>;
  };
const change = (path: string, from: string, to: string, plugin = acme) => {
  const file = join(plugin.directory, path);
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replaceAll(from, to));
};
const register = "connector register box --type acme --auth-method key --key=env:KEY";
const grant = "grant issue --connector box --resource-id acme:one --ttl 60 --json --reveal";

describe("plugin add, list, remove, verify", () => {
  test("what is only installed does not run; what is added does, and is written into the lock", async () => {
    expect((await run("plugin list")).out).toMatch(/keywright-plugin-acme +1\.0\.0 +installed +connector acme/);
    const added = await run(`plugin add ${acme.package}`);
    expect(added).toMatchObject({ code: 0, err: "" });
    expect(added.out).toMatch(/Enabled keywright-plugin-acme 1\.0\.0: connector acme[^]*keywright-lock\.json/);
    expect(Object.keys(lockOf().plugins[acme.package]?.files ?? {})).toEqual(
      expect.arrayContaining(["package.json", "index.js", "runtime.js", "declaration.js", "generated/manifest.json"]),
    );
    expect((await run("plugin list --json")).json<{ package: string; state: string }[]>()).toContainEqual(
      expect.objectContaining({ package: acme.package, state: "enabled", brings: ["connector acme"], problem: null }),
    );
    expect(await run("plugin verify")).toMatchObject({ code: 0, err: "" });
    expect((await run(`plugin add ${acme.package}`)).out).toContain("Already enabled");
    const rows = (await run("audit list --action plugin.enable --json")).json<object[]>();
    expect(rows).toHaveLength(1);
  });
  test("registering enables too, and says so; grants then come from any directory", async () => {
    expect(await run(register)).toMatchObject({ code: 0, out: expect.stringContaining("Enabled the plugin") });
    expect(lockOf().plugins[acme.package]?.version).toBe("1.0.0");
    const elsewhere = await run(grant, temporaryFolder("elsewhere"));
    expect(elsewhere, elsewhere.err).toMatchObject({ code: 0 });
    expect(elsewhere.json()).toMatchObject({ credential: { token: "token-for-acme:one" } });
  });
  test("a plugin that connectors use is not removed; then it is, and what was installed stays", async () => {
    await run(register);
    expect(await run(`plugin remove ${acme.package}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is used by box[^]*connector delete box/),
    });
    await run("connector delete box --yes");
    expect(await run(`plugin remove ${acme.package}`)).toMatchObject({ code: 0 });
    expect(lockOf().plugins).toEqual({});
    expect(existsSync(acme.directory)).toBe(true);
    expect(await run(`plugin remove ${acme.package}`)).toMatchObject({
      code: 3,
      err: expect.stringContaining("is not enabled"),
    });
    expect(await run("plugin remove @keywright/local")).toMatchObject({
      code: 2,
      err: expect.stringContaining("part of Keywright itself"),
    });
  });
  test("without a project the lock is in the state folder", async () => {
    const lonely = temporaryFolder("lonely");
    const added = await run(`plugin add ${acme.directory}`, lonely);
    expect(added, added.err).toMatchObject({ code: 0 });
    expect(existsSync(join(lonely, "keywright-lock.json"))).toBe(false);
    expect(lockOf(state).plugins[acme.package]?.version).toBe("1.0.0");
  });
  test("a package that names its code for import alone is one too", async () => {
    change("package.json", `"exports":"./index.js"`, `"exports":{".":{"types":"./x.d.ts","import":"./index.js"}}`);
    expect(await run(`plugin add ${acme.package}`)).toMatchObject({ code: 0, err: "" });
    expect(await run(register)).toMatchObject({ code: 0 });
  });
  test("what is neither a package, a folder nor a plugin", async () => {
    const empty = join(project, "empty");
    mkdirSync(empty);
    writeFileSync(join(empty, "package.json"), JSON.stringify({ name: "empty" }));
    for (const [given, message, code] of [
      ["a/b/c", /neither a package nor a folder/, 2],
      ["./none", /There is no folder/, 2],
      ["./empty", /no plugin: its package\.json has no "keywright" key/, 1],
    ] as const)
      expect(await run(`plugin add ${given}`)).toMatchObject({ code, out: "", err: expect.stringMatching(message) });
    expect(await run("plugin add kw-some", temporaryFolder("lonely"))).toMatchObject({
      code: 2,
      err: expect.stringContaining("no project to install a plugin in"),
    });
    expect(existsSync(join(project, "keywright-lock.json"))).toBe(false);
  });
});

describe("a plugin that was just added", () => {
  test("is in the wizard, and can be described", async () => {
    await run(`plugin add ${acme.package}`);
    const asked: (readonly string[])[] = [];
    const prompts: Prompts = {
      select: async ({ message, choices }) => {
        asked.push([message, ...choices.map(({ value }) => value)]);
        return choices[0]?.value ?? "";
      },
      selectMany: async ({ initial }) => initial,
      text: async ({ message }) => (/called/.test(message) ? "asked" : ""),
      secret: async () => "sesame-open",
      say: () => {},
    };
    const registered = await world.run(["connector", "register", "-i"], {
      cwd: project,
      prompts,
      environment: { KEYWRIGHT_HOME: state, KEYWRIGHT_KEYRING: "off" },
    });
    expect(registered, registered.err).toMatchObject({ code: 0, out: expect.stringContaining("Registered asked") });
    expect(asked[0]).toContain("acme");
    expect((await run("connector describe-type acme")).out).toMatch(/acme-box[^]*scope/);
  });
  test("is not lost when several are added at once", async () => {
    const plugins = await Promise.all(["one", "two", "three", "four"].map((id) => writeSmallPlugin(project, id)));
    depend(acme.package, ...plugins.map((plugin) => plugin.package));
    const added = await Promise.all([acme, ...plugins].map((plugin) => run(`plugin add ${plugin.package}`)));
    expect(added.map(({ code, err }) => [code, err])).toEqual(added.map(() => [0, ""]));
    expect(Object.keys(lockOf().plugins)).toHaveLength(5);
    expect(await run("plugin verify")).toMatchObject({ code: 0 });
  });
});

describe("a file that is not what was recorded", () => {
  const tampered: readonly (readonly [string, string, () => void])[] = [
    ["the runtime", "runtime.js changed", () => change("runtime.js", "token-for-", "stolen-")],
    [
      "the manifest",
      "generated/manifest.json changed",
      () => change("generated/manifest.json", "acme.example", "evil.example"),
    ],
    ["package.json", "package.json changed", () => change("package.json", "./index.js", "./runtime.js")],
    ["a file more", "extra.js added", () => writeFileSync(join(acme.directory, "extra.js"), "")],
    [
      "a file less",
      "declaration.js missing",
      () => renameSync(join(acme.directory, "declaration.js"), join(project, "gone")),
    ],
    ["an upgrade", "it is 1.1.0; 1.0.0 was recorded", () => change("package.json", "1.0.0", "1.1.0")],
  ];
  test.each(tampered)("%s is refused by name, from every directory", async (_, message, tamper) => {
    await run(register);
    tamper();
    for (const cwd of [project, temporaryFolder("elsewhere")]) {
      const refused = await run(grant, cwd);
      expect(refused.code).toBe(1);
      expect(refused.json()).toMatchObject({
        error: {
          code: "plugin-changed",
          message: expect.stringContaining(message),
          hint: expect.stringContaining(`keywright plugin add ${acme.package}`),
        },
      });
    }
    expect(await run("plugin verify")).toMatchObject({ code: 5, out: expect.stringContaining(message) });
    expect(await run("doctor")).toMatchObject({ code: 1, out: expect.stringContaining(message) });
    expect((await run("plugin list")).out).toMatch(/keywright-plugin-acme +1\.\d\.0 +changed/);
  });
  test("is seen by a process that looked at it before", async () => {
    await run(register);
    const broker = await createBroker({
      directory: state,
      project,
      builtIn: builtInPlugins(),
      environment: { KEYWRIGHT_KEYRING: "off" },
    });
    expect(broker.plugins.standing().map((one) => one.state)).toEqual(["built-in", "enabled"]);
    change("runtime.js", "token-for-", "stolen-");
    await expect(
      broker.grants.issue({ connector: "box", resourceId: "acme:one", ttlSeconds: 60 }),
    ).rejects.toMatchObject({ code: "plugin-changed" });
    await broker.close();
  });
  test("is taken once a person has reviewed it", async () => {
    await run(register);
    change("runtime.js", "token-for-", "renamed-for-");
    const before = lockOf().plugins[acme.package]?.integrity;
    expect(await run(`plugin add ${acme.package}`)).toMatchObject({ code: 0, out: expect.stringContaining("Enabled") });
    expect(lockOf().plugins[acme.package]?.integrity).not.toBe(before);
    expect(await run("plugin verify")).toMatchObject({ code: 0 });
  });
  test("registering does not take it by itself", async () => {
    await run(register);
    change("runtime.js", "token-for-", "stolen-");
    const refused = await run(register.replace("box", "other"));
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/runtime\.js changed[^]*plugin add/) });
  });
  test("a lock that came with the project is held to, on a machine that never saw the plugin", async () => {
    await run(`plugin add ${acme.package}`);
    state = join(temporaryFolder("state"), "home");
    change("runtime.js", "token-for-", "stolen-");
    expect(await run(register)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/keywright-lock\.json records: runtime\.js changed/),
    });
    change("runtime.js", "stolen-", "token-for-");
    expect(await run(register)).toMatchObject({ code: 0 });
  });
  test("a lock that another wrote since is refused, and so is one that contradicts itself", async () => {
    await run(register);
    const path = join(project, "keywright-lock.json");
    const original = readFileSync(path, "utf8");
    change("runtime.js", "token-for-", "newer-for-");
    const kept = state;
    state = join(temporaryFolder("state"), "home");
    await run(`plugin add ${acme.package}`);
    change("runtime.js", "newer-for-", "token-for-");
    state = kept;
    expect((await run(grant)).json()).toMatchObject({
      error: {
        code: "plugin-changed",
        message: expect.stringMatching(/records another .* than this machine enabled \(1\.0\.0: runtime\.js changed/),
      },
    });
    writeFileSync(path, original.replace(/("runtime\.js": "sha256-)./, "$1Z"));
    expect((await run(grant)).json()).toMatchObject({
      error: { message: expect.stringContaining("contradicts itself") },
    });
    for (const [text, message] of [
      ["{", /cannot be read/],
      ["[]", /is no lock of plugins/],
      [`{"lockVersion": 9}`, /lock version 9/],
      [`{"lockVersion": 1, "plugins": {"../x": {"version": "1"}}}`, /which is no package/],
    ] as const) {
      writeFileSync(path, text);
      expect(await run(`plugin add ${acme.package}`)).toMatchObject({ code: 1, err: expect.stringMatching(message) });
      expect(readFileSync(path, "utf8")).toBe(text);
    }
  });
  test("is not looked at for a plugin that its author works on, which every list says", async () => {
    const local = await writeSmallPlugin(project, "local-one", { at: join(project, "mine") });
    symlinkSync(local.directory, join(project, "node_modules", local.package));
    depend(acme.package, local.package);
    expect(await run("plugin add ./mine --unlocked")).toMatchObject({
      code: 0,
      out: expect.stringContaining("not checked"),
    });
    writeFileSync(join(local.directory, "extra.js"), "");
    expect((await run("plugin list")).out).toMatch(/keywright-plugin-local-one +1\.0\.0 +unlocked/);
    expect((await run("plugin verify")).out).toContain("unlocked: its files are not checked");
    expect((await run("connector list-types")).out).toContain("local-one");
    expect((await run("connector register b --type local-one -a key --key=env:KEY")).code).toBe(0);
    const issued = await run("grant issue --connector b --resource-id local-one:x --json --reveal");
    expect(issued.json()).toMatchObject({ credential: { token: "token-for-local-one:x" } });
  });
});

describe("another copy", () => {
  test("that is alike runs from where it was enabled, not from the folder one stands in", async () => {
    await run(register);
    const evil = createProject({});
    const copy = join(evil, "node_modules", acme.package);
    cpSync(acme.directory, copy, { recursive: true, filter: (path) => !path.includes("node_modules/zod") });
    rmSync(join(copy, "node_modules"), { recursive: true });
    mkdirSync(join(evil, "node_modules/@keywright/core"), { recursive: true });
    writeFileSync(
      join(evil, "node_modules/@keywright/core/package.json"),
      JSON.stringify({ name: "@keywright/core", type: "module", exports: "./index.js" }),
    );
    writeFileSync(
      join(evil, "node_modules/@keywright/core/index.js"),
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(join(evil, "ran"))}, ""); export {};`,
    );
    writeFileSync(join(evil, "package.json"), JSON.stringify({ name: "evil", dependencies: { [acme.package]: "*" } }));
    const granted = await run(grant.replace("acme:one", "acme:two"), evil);
    expect(granted, granted.out).toMatchObject({ code: 0 });
    expect(existsSync(join(evil, "ran"))).toBe(false);
    expect((await run("plugin list", evil)).out).toMatch(/acme +1\.0\.0 +installed/);
  });
  test("that is not alike takes over nothing by a mere register", async () => {
    await run(register);
    const first = project;
    project = createProject({});
    const other = await writeSmallPlugin(project, "acme");
    change("runtime.js", "token-for-", "stolen-", other);
    change("package.json", "1.0.0", "2.0.0", other);
    depend(other.package);
    writeFileSync(
      join(project, "keywright-lock.json"),
      JSON.stringify({ lockVersion: 1, plugins: { [other.package]: { version: "2.0.0", brings: [] } } }),
    );
    expect(await run(register.replace("box", "mine"))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/2\.0\.0 of this project is not the 1\.0\.0 that is enabled[^]*plugin add/),
    });
    expect((await run(grant.replace("acme:one", "acme:three"), first)).json()).toMatchObject({
      credential: { token: "token-for-acme:three" },
    });
    await run(`plugin add ${other.package}`);
    await run(`plugin remove ${other.package}`, first);
    expect((await run("plugin list")).out).toMatch(/acme +2\.0\.0 +enabled/);
  });
  test("whose code lies outside its folder is refused", async () => {
    mkdirSync(join(project, "node_modules/outside"));
    writeFileSync(join(project, "node_modules/outside/index.js"), "export default {};");
    change("package.json", `"exports":"./index.js"`, `"main":"../outside/index.js"`);
    expect(await run(`plugin add ${acme.package}`)).toMatchObject({
      code: 1,
      err: expect.stringContaining("outside its own folder"),
    });
  });
  test("is held to the lock of its project before it is enabled, and the lock to itself", async () => {
    await run(register);
    const path = join(project, "keywright-lock.json");
    const lock = readFileSync(path, "utf8");
    for (const [text, message] of [
      [null, "no longer names"],
      [JSON.stringify({ lockVersion: 1, plugins: {} }), "no longer names"],
      [lock.replace('"version": "1.0.0"', '"version": "9.9.9"'), "records another"],
    ] as const) {
      if (text === null) rmSync(path);
      else writeFileSync(path, text);
      expect((await run(grant.replace("acme:one", "acme:four"))).json()).toMatchObject({
        error: { code: "plugin-changed", message: expect.stringContaining(message) },
      });
    }
    writeFileSync(path, lock);
    state = join(temporaryFolder("state"), "home");
    change("runtime.js", "token-for-", "stolen-");
    expect(await run("plugin verify")).toMatchObject({ code: 5, out: expect.stringContaining("runtime.js changed") });
    expect((await run(`plugin add ${acme.package}`)).out).toContain("changed  runtime.js");
  });
});

describe("a plugin that lies, or is none", () => {
  const lies: readonly (readonly [string, RegExp, () => void])[] = [
    [
      "a host more",
      /not what its code declares: connectors\.acme\.hosts/,
      () => change("generated/manifest.json", "acme.example", "evil.example"),
    ],
    [
      "a wider confinement",
      /resources\.acme-box\.access\.read/,
      () => change("generated/manifest.json", `"to": "resource"`, `"to": "account"`),
    ],
    [
      "a secret that is none",
      /not what its code declares: .*secretSchemas\.acme-key\.schema\.key\.secret/,
      () => change("generated/manifest.json", `"writeOnly": true`, `"writeOnly": false`),
    ],
    ["a method more", /no runtime|declares/, () => change("runtime.js", `"acme-box":`, `"acme-crate":`)],
    [
      "a method less",
      /declares what it lacks: the auth method of acme key has no runtime/,
      () => change("runtime.js", "key: { open", "other: { open"),
    ],
    [
      "no default export",
      /no plugin as its default export/,
      () => change("index.js", "export default", "export const plugin ="),
    ],
    [
      "an unknown contract",
      /contract 9/,
      () => writeFileSync(join(acme.directory, "index.js"), "export default { contract: 9 }"),
    ],
    [
      "code that throws",
      /could not be loaded: at once/,
      () => writeFileSync(join(acme.directory, "index.js"), `throw new Error("at once")`),
    ],
    [
      "a runtime that throws",
      /runtime that could not be loaded: later/,
      () => writeFileSync(join(acme.directory, "runtime.js"), `throw new Error("later")`),
    ],
    [
      "the manifest of another package",
      /made for "keywright-plugin-other"/,
      () => change("generated/manifest.json", "keywright-plugin-acme", "keywright-plugin-other"),
    ],
    ["no manifest", /no manifest at/, () => rmSync(join(acme.directory, "generated"), { recursive: true })],
    [
      "a manifest outside its folder",
      /outside its own folder/,
      () => change("package.json", "./generated/manifest.json", "../../package.json"),
    ],
    [
      "a name that steers a terminal",
      /no name or version that npm would take/,
      () => change("package.json", `"version":"1.0.0"`, `"version":"1.0.0\\u001b[2J"`),
    ],
    [
      "words that steer a terminal",
      /control characters/,
      () => change("generated/manifest.json", `"Small acme"`, `"Small \\u001b[2Jacme"`),
    ],
    [
      "a link to a folder",
      /is a link to a folder/,
      () => symlinkSync(project, join(acme.directory, "generated", "linked")),
    ],
    [
      "a manifest of 10 MB",
      /larger than 5 MB/,
      () => change("generated/manifest.json", "A service without", "x".repeat(10_000_000)),
    ],
    [
      "keys that objects reserve",
      /key that objects reserve/,
      () => change("generated/manifest.json", `"facts"`, `"__proto__": {"polluted": true}, "facts"`),
    ],
    [
      "a schema that refers to itself",
      /refers to another/,
      () => change("generated/manifest.json", `"type": "integer"`, `"$ref": "#"`),
    ],
    [
      "a schema that refers to what is not there",
      /refers to another/,
      () => change("generated/manifest.json", `"type": "integer"`, `"$ref": "#/definitions/none"`),
    ],
    [
      "a secret schema that is missing",
      /whose secret schema is missing/,
      () => change("generated/manifest.json", `"secret": "acme-key"`, `"secret": "acme-kee"`),
    ],
    [
      "an id that climbs",
      /not kebab-case/,
      () => change("generated/manifest.json", `"id": "acme"`, `"id": "../../acme"`),
    ],
  ];
  test.each(lies)("%s: nothing is recorded, and it says what to do", async (_, message, lie) => {
    lie();
    const refused = await run(`plugin add ${acme.package}`);
    expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringMatching(message) });
    expect(refused.err.trimEnd().split("\n")).toHaveLength(2);
    for (const listed of [await run("plugin list"), await run("connector list-types")]) {
      // What a terminal would obey.
      expect(listed.out + listed.err).not.toContain("\u001b");
      expect(listed.err).not.toContain("does not know");
    }
    expect(existsSync(join(project, "keywright-lock.json"))).toBe(false);
    expect((await run("plugin list")).out).not.toMatch(/acme.*enabled/);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
  test("two that bring one type", async () => {
    const other = await writeSmallPlugin(project, "copy");
    for (const path of ["declaration.js", "runtime.js", "generated/manifest.json"]) change(path, "copy", "acme", other);
    change("generated/manifest.json", "keywright-plugin-acme", other.package, other);
    depend(acme.package, other.package);
    expect(await run(`plugin add ${acme.package}`)).toMatchObject({ code: 0 });
    expect(await run(`plugin add ${other.package}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/both bring the connector acme[^]*plugin remove keywright-plugin-acme/),
    });
  });
  test("deep in the tree it never becomes a connector", async () => {
    const hidden = await writeSmallPlugin(project, "deep");
    expect((await run("connector list-types")).out).not.toContain("deep");
    expect((await run("plugin list")).out).not.toContain(hidden.package);
    expect(await run("connector register x --type deep -a key --key=env:KEY")).toMatchObject({ code: 3 });
  });
});

describe("two versions of core in one tree", () => {
  test("schemas are accepted, errors recognised, secrets stay secret", async () => {
    const own = await writeSmallPlugin(project, "apart", { coreOfItsOwn: true });
    change("node_modules/@keywright/core/package.json", `"version": "1.0.0"`, `"version": "1.7.3"`, own);
    depend(own.package);
    const wrong = await world.run("connector register x --type apart -a key --key=env:KEY".split(" "), {
      cwd: project,
      environment: { KEYWRIGHT_HOME: state, KEYWRIGHT_KEYRING: "off", KEY: "canary-wrong-key" },
    });
    expect(wrong).toMatchObject({ code: 5, err: expect.stringContaining("The key is not known.") });
    expect(wrong.out + wrong.err).not.toContain("canary-wrong-key");
    const saved = await run("connector register x --type apart -a key --key=env:KEY");
    expect(saved, saved.err).toMatchObject({ code: 0 });
    const shown = await run("grant issue --connector x --resource-id apart:one --json");
    expect(shown.json()).toMatchObject({ credential: { token: "<redacted>" } });
  });
});

describe("plugin build", () => {
  test("writes what is missing, changes nothing that is current, and compares with --check", async () => {
    const folder = join(project, "mine");
    cpSync(acme.directory, folder, { recursive: true });
    expect(await run("plugin build ./mine --check")).toMatchObject({
      code: 0,
      out: expect.stringContaining("are current"),
    });
    writeFileSync(join(folder, "generated/schemas/stale.json"), "{}");
    change("generated/manifest.json", "Floor.", "Flour.", { ...acme, directory: folder });
    expect(await run("plugin build ./mine --check")).toMatchObject({
      code: 1,
      out: expect.stringMatching(/stale {2}generated\/manifest\.json\nextra {2}generated\/schemas\/stale\.json/),
    });
    expect(await run("plugin build ./mine")).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "generated/schemas/stale.json"))).toBe(false);
    expect((await run("plugin build --check", folder)).code).toBe(0);
    expect((await run("plugin build --json", folder)).json()).toEqual({
      package: acme.package,
      current: true,
      changes: [],
    });
  });
  test("says what is wrong with the declarations, and writes nothing", async () => {
    const folder = join(project, "mine");
    cpSync(acme.directory, folder, { recursive: true });
    const before = readFileSync(join(folder, "generated/manifest.json"), "utf8");
    change("declaration.js", `z.int().min(0)`, `z.int().refine((floor) => floor !== 3).min(0)`, {
      ...acme,
      directory: folder,
    });
    expect(await run("plugin build ./mine")).toMatchObject({ code: 1, err: expect.stringMatching(/floor/) });
    expect(readFileSync(join(folder, "generated/manifest.json"), "utf8")).toBe(before);
    expect(await run("plugin build ./none")).toMatchObject({
      code: 1,
      err: expect.stringContaining("no package.json"),
    });
  });
});
