/** A stranger ships a plugin: from a registry, in empty folders, with published packages alone, nothing of it touched by hand. */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { startFable } from "@keywright/testkit/fable";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publishedFolders, type Registry, startVerdaccio } from "./services/verdaccio.ts";

const root = join(import.meta.dirname, "..", "..");
const base = mkdtempSync(join(tmpdir(), "kwa-"));
let registry: Registry;

type Ran = { readonly code: number; readonly out: string; readonly err: string };
/** As in a terminal of somebody who has Node and npm. */
const run = async (
  cwd: string,
  program: string,
  words: readonly string[],
  more: Record<string, string> = {},
): Promise<Ran> => {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, words, {
      cwd,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: join(base, "home"),
        KEYWRIGHT_HOME: join(base, "state"),
        KEYWRIGHT_KEYRING: "off",
        NO_COLOR: "1",
        CI: "true",
        ...registry.environment,
        ...more,
      },
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, out: stdout, err: stderr };
  }
};
const works = async (...given: Parameters<typeof run>): Promise<Ran> => {
  const ran = await run(...given);
  expect(ran.code, `${given[1]} ${given[2].join(" ")}\n${ran.out.slice(-3000)}\n${ran.err.slice(-3000)}`).toBe(0);
  return ran;
};
const folder = (name: string) => {
  const at = join(base, name);
  mkdirSync(at, { recursive: true });
  return at;
};

beforeAll(async () => {
  registry = await startVerdaccio();
  registry.publish(publishedFolders(root));
  folder("home");
});
afterAll(async () => {
  await registry.close();
  rmSync(base, { recursive: true, force: true });
});

describe("in an empty folder", () => {
  const plugin = () => join(base, "work", "keywright-plugin-acme");
  test("npm create makes a plugin that is green untouched, in under two minutes", async () => {
    const started = performance.now();
    await works(folder("work"), "npm", ["create", "--yes", "keywright-plugin@latest", "--", "--id", "acme"]);
    await works(plugin(), "npm", ["install"]);
    const checked = await works(plugin(), "npm", ["run", "check"]);
    expect(checked.out).toContain("generated files are current");
    const tested = await works(plugin(), "npm", ["test"]);
    const seconds = (performance.now() - started) / 1000;
    console.log(`npm create, install, check and test: ${seconds.toFixed(0)} s`);
    expect(tested.out).toMatch(/Tests +\d\d+ passed/);
    expect(seconds).toBeLessThan(120);
    const modules = readdirSync(join(plugin(), "node_modules"));
    for (const name of ["ts-morph", "@azure", "@google-cloud", "@aws-sdk"]) expect(modules).not.toContain(name);
    expect(existsSync(join(plugin(), "generated/reference.md"))).toBe(true);
  }, 240_000);
  test("keywright plugin create adds every other kind, and it is green again", async () => {
    const keywright = join(plugin(), "node_modules", ".bin", "keywright");
    const before = readFileSync(join(plugin(), "src/runtime/session.ts"), "utf8");
    for (const [kind, id] of [
      ["auth-method", "device-code"],
      ["resource-type", "shelf"],
      ["secret-store", "acme-vault"],
      ["secret-schema", "acme-login"],
      ["flavor", "acme-folder"],
      ["connector", "other-cloud"],
    ] as const)
      await works(plugin(), keywright, ["plugin", "create", "--kind", kind, "--id", id]);
    expect(readFileSync(join(plugin(), "src/runtime/session.ts"), "utf8")).toBe(before);
    expect(
      (await run(plugin(), keywright, ["plugin", "create", "--kind", "flavor", "--id", "acme-folder"])).err,
    ).toContain("declares acme-folder already");
    expect((await run(plugin(), "npm", ["run", "check"])).out).toContain("not current");
    await works(plugin(), "npm", ["run", "build"]);
    await works(plugin(), "npm", ["run", "check"]);
    await works(plugin(), "npm", ["test"]);
    const reference = readFileSync(join(plugin(), "generated/reference.md"), "utf8");
    for (const word of ["device-code", "acme-shelf", "acme-vault", "acme-login", "acme-folder", "other-cloud"])
      expect(reference).toContain(word);
  }, 240_000);
});

describe("in a project of its own", () => {
  test("the plugin is added from its folder, listed, described, offered, granted and refused when it changes", async () => {
    const project = folder("project");
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
    await works(project, "npm", ["install", "keywright"]);
    const keywright = (words: string, more: Record<string, string> = {}) =>
      run(project, join(project, "node_modules/.bin/keywright"), words.split(" "), more);
    const added = await keywright("plugin add ../work/keywright-plugin-acme");
    expect(added, added.err).toMatchObject({
      code: 0,
      out: expect.stringContaining("Enabled keywright-plugin-acme 0.1.0: connector acme"),
    });
    expect(
      (JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as { dependencies: object }).dependencies,
    ).toHaveProperty("keywright-plugin-acme");
    expect((await keywright("connector list-types")).out).toMatch(
      /acme +Acme +acme-box +api-key[^]*acme-shelf +device-code/,
    );
    expect((await keywright("connector describe-type acme")).out).toMatch(/acme-box[^]*token-scope/);
    expect((await keywright("schema answers")).out).toContain("device-code");
    const fable = await startFable();
    try {
      const secret = { FABLE: fable.key.keySecret };
      const registered = await keywright(
        `connector register made --type acme --auth-method api-key --endpoint=${fable.url} --key-id=${fable.key.keyId} --key-secret=env:FABLE --allow-endpoint ${new URL(fable.url).host}`,
        secret,
      );
      expect(registered, registered.err).toMatchObject({ code: 0 });
      // The made-up cloud has a clock of its own, which stands in another year.
      fable.clock.set(new Date());
      const granted = await keywright("grant issue --connector made -r acme-box --resource-id alpha --json --reveal");
      expect(granted, granted.out).toMatchObject({ code: 0 });
      const { credential, confinement } = JSON.parse(granted.out) as {
        credential: { token: string };
        confinement: object;
      };
      expect(confinement).toMatchObject({ to: "resource", by: "token-scope" });
      const ask = async (drawer: string) =>
        (
          await fetch(`${fable.url}/v1/drawers/${drawer}/items/first`, {
            headers: { authorization: `Bearer ${credential.token}` },
          })
        ).status;
      expect([await ask("alpha"), await ask("beta")]).toEqual([200, 403]);
      await works(project, join(project, "node_modules/.bin/keywright"), ["types"]);
      expect(readFileSync(join(project, "keywright.d.ts"), "utf8")).toMatch(
        /"acme-box": \{ access: "read" \| "write" \| "admin"/,
      );
      // What its author builds anew is another plugin, until it is added again.
      const built = join(base, "work/keywright-plugin-acme/dist/runtime/session.js");
      writeFileSync(built, `${readFileSync(built, "utf8")}\n`);
      expect((await keywright("connector verify made")).err).toMatch(
        /dist\/runtime\/session\.js changed[^]*plugin add keywright-plugin-acme/,
      );
      expect((await keywright("plugin add keywright-plugin-acme")).out).toContain("Enabled");
      expect((await keywright("connector verify made")).code).toBe(0);
    } finally {
      await fable.close();
    }
  }, 120_000);
});

describe("in this repository", () => {
  test("the generator makes a plugin that the repository's own checks take", async () => {
    const clone = join(base, "clone");
    const git = (...words: readonly string[]) => promisify(execFile)("git", words, { cwd: root });
    await git("clone", "--quiet", root, clone);
    symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
    await works(clone, process.execPath, [
      join(root, "generators/plugin/bin/create-keywright-plugin.js"),
      "--id",
      "teal",
    ]);
    const source = ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source"];
    await works(clone, process.execPath, [...source, "generators/manifest/main.ts", "plugins/teal"]);
    await works(clone, join(root, "node_modules/.bin/oxfmt"), ["plugins/teal"]);
    await works(clone, join(root, "node_modules/.bin/oxlint"), ["--deny-warnings", "plugins/teal"]);
    await works(clone, process.execPath, [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--project",
      "unit",
      "plugins/teal",
      "test/architecture.test.ts",
    ]);
  }, 120_000);
});
