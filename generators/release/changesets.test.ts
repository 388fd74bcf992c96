/** `npm run check:changesets` on a repository of one plugin, before and after its contract changes. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const main = join(import.meta.dirname, "main.ts");
const manifest = readFileSync(join(import.meta.dirname, "../../plugins/local/generated/manifest.json"), "utf8");
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kw-release-"));
  mkdirSync(join(root, "plugins/local/generated"), { recursive: true });
  mkdirSync(join(root, ".changeset"));
  writeFileSync(join(root, "plugins/local/generated/manifest.json"), manifest);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const run = (...words: readonly string[]) => {
  const flags = ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source"];
  const { status, stderr } = spawnSync(process.execPath, [...flags, main, "--root", root, ...words], {
    encoding: "utf8",
  });
  return { status, stderr };
};
const ask = (name: string, size: string, of = "@keywright/local") =>
  writeFileSync(join(root, ".changeset", `${name}.md`), `---\n"${of}": ${size}\n---\n\nSomething.\n`);

test("asks for a changeset of the right size, until there is one", () => {
  expect(run()).toEqual({ status: 0, stderr: "" });
  execFileSync(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    "--conditions=@keywright/source",
    main,
    "--root",
    root,
    "--snapshot",
  ]);
  expect(run()).toEqual({ status: 0, stderr: "" });
  writeFileSync(
    join(root, "plugins/local/generated/manifest.json"),
    manifest.replace('"valueBytes": 1048576', '"valueBytes": 1024'),
  );
  const refused = run();
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("@keywright/local needs a major changeset: npm run changeset");
  expect(refused.stderr).toContain("store local: the largest value changed from 1048576 to 1024");
  ask("small", "patch");
  expect(run().stderr).toContain("needs a major changeset, and has a patch one");
  ask("large", "major");
  expect(run()).toEqual({ status: 0, stderr: "" });
});

test("asks for a release of the command line with what it carries a copy of, and with nothing else", () => {
  mkdirSync(join(root, "packages/cli"), { recursive: true });
  const dependencies = { "@keywright/broker": "^1.0.0", zod: "^4.0.0" };
  writeFileSync(join(root, "packages/cli/package.json"), JSON.stringify({ name: "keywright", dependencies }));
  ask("plugin", "patch", "@keywright/aws");
  expect(run()).toEqual({ status: 0, stderr: "" });
  ask("engine", "patch", "@keywright/broker");
  expect(run()).toEqual({
    status: 1,
    stderr: `keywright needs a patch changeset: npm run changeset
    it carries a copy of @keywright/broker, which has a changeset
`,
  });
  ask("command-line", "patch", "keywright");
  expect(run()).toEqual({ status: 0, stderr: "" });
});
