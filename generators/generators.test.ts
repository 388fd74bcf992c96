import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { jsonText, output, report } from "@keywright/manifest/output";

const root = resolve(import.meta.dirname, "..");
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kw-generators-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = () => ({ check: false, root: folder, owned: ["p/generated/schemas"] });

describe("output", () => {
  const files = new Map([
    ["p/generated/a.json", jsonText({ b: 1, $comment: "Written by x.", a: { d: 1, c: [{ z: 1, y: 2 }] } })],
    ["p/generated/schemas/b.json", "b\n"],
  ]);

  test("keys are sorted, the comment is first, a newline ends the file", () => {
    expect(files.get("p/generated/a.json")).toMatch(/^\{\n {2}"\$comment".*\n {2}"a": \{\n {4}"c"[^]*\n\}\n$/);
  });
  test("writes what changed, removes what is stale in its own folder, leaves the rest", async () => {
    expect((await output(files, options())).map(({ state }) => state)).toEqual(["missing", "missing"]);
    const before = await stat(join(folder, "p/generated/a.json"));
    await writeFile(join(folder, "p/generated/schemas/b.json"), "old");
    await writeFile(join(folder, "p/generated/schemas/gone.json"), "x");
    await writeFile(join(folder, "p/generated/reference.md"), "x");
    const expected = [
      { path: "p/generated/schemas/b.json", state: "stale" },
      { path: "p/generated/schemas/gone.json", state: "extra" },
    ];
    const checked = await output(files, { ...options(), check: true });
    expect(checked).toEqual(expected);
    expect(report(checked, { check: true })).toEqual({
      lines: [
        "stale  p/generated/schemas/b.json",
        "extra  p/generated/schemas/gone.json",
        "2 generated files are not current: run npm run generate.",
      ],
      exit: 1,
    });
    expect(await output(files, options())).toEqual(expected);
    expect(await output(files, { ...options(), check: true })).toEqual([]);
    expect((await stat(join(folder, "p/generated/a.json"))).mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(join(folder, "p/generated/reference.md"), "utf8")).toBe("x");
  });
  test("never leaves its root", async () => {
    await expect(output(new Map([["../x", "x"]]), options())).rejects.toThrow("outside");
    await expect(output(new Map(), { ...options(), owned: [".."] })).rejects.toThrow("outside");
  });
});

/** As `npm run generate` does: the Node of the repository, sources as they are. */
const generate = (...rest: readonly string[]) =>
  new Promise<{ readonly exit: number; readonly text: string }>((done) => {
    const main = ["--conditions=@keywright/source", join(root, "generators/manifest/main.ts"), ...rest];
    execFile(join(root, "node_modules/.bin/node"), main, { cwd: root }, (error, stdout, stderr) => {
      done({ exit: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
  });

describe("manifest", () => {
  const plugins = join(root, "test/fixtures");
  /** Below the repository, so that imports resolve; named by the test's process, so that runs do not meet. */
  const inside = `test/fixtures/.generated-${process.pid}`;
  const copy = async (fixture: string) => {
    await cp(join(plugins, fixture), join(root, inside, fixture), { recursive: true });
    return `${inside}/${fixture}`;
  };
  afterEach(() => rm(join(root, inside), { recursive: true, force: true }));

  test("writes, is current, notices a change, and twins come out the same", async () => {
    const [four, three] = [await copy("zod-4-plugin"), await copy("zod-3-plugin")];
    const missing = await generate("--check", four, three);
    expect(missing.exit).toBe(1);
    expect(missing.text).toContain(`missing  ${four}/generated/manifest.json`);
    expect((await generate(four, three)).exit).toBe(0);
    expect(await generate("--check", four, three)).toEqual({ exit: 0, text: "" });
    const manifest = await readFile(join(root, four, "generated/manifest.json"), "utf8");
    expect(manifest.split("\n")[1]).toContain("npm run generate");
    expect(await readFile(join(root, three, "generated/manifest.json"), "utf8")).toBe(manifest);
    await writeFile(join(root, four, "generated/schemas/example-key.secret.json"), "{}");
    const stale = await generate("--check", four, three);
    expect([stale.exit, stale.text.split("\n")[0]]).toEqual([
      1,
      `stale  ${four}/generated/schemas/example-key.secret.json`,
    ]);
  });
  test("names every plugin that fails, and writes nothing", async () => {
    const [four, wrong] = [await copy("zod-4-plugin"), await copy("wrong-contract-plugin")];
    const keyless = `${inside}/keyless`;
    const bare = `${inside}/bare`;
    for (const one of [keyless, bare]) await mkdir(join(root, one, "src"), { recursive: true });
    await writeFile(join(root, keyless, "package.json"), '{"name":"k"}');
    await writeFile(
      join(root, bare, "package.json"),
      '{"name":"b","keywright":{"manifest":"./generated/manifest.json"}}',
    );
    await writeFile(join(root, bare, "src/index.ts"), "export {};\n");
    const { exit, text } = await generate(four, wrong, keyless, bare);
    expect(exit).toBe(1);
    expect(text).toContain("plugin contract 999");
    expect(text).toContain(`${keyless} has no "keywright" key`);
    expect(text).toContain(`${bare} has no default export`);
    await expect(stat(join(root, four, "generated"))).rejects.toThrow("ENOENT");
  });
});
