/** What is generated is the same bytes wherever it is made: by every Node here, in any language, zone and folder. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { repository, temporaryFolder } from "../suites/project.ts";

/** Prints the files of a plugin, from what is built. */
const program = `
const [root, plugin, name] = process.argv.slice(1);
const { manifestOf } = await import("file://" + root + "/packages/manifest/dist/index.js");
const { pluginFilesOf } = await import("file://" + root + "/packages/manifest/dist/plugin-files.js");
const { default: declared } = await import("file://" + root + "/plugins/" + plugin + "/dist/index.js");
process.stdout.write(JSON.stringify([...pluginFilesOf(manifestOf(declared, name))]));
`;
const nodes = [process.execPath, ...(process.env["PATH"] ?? "").split(":").map((folder) => join(folder, "node"))]
  .filter((path) => existsSync(path))
  .map((path) => realpathSync(path))
  // What the packages ask for.
  .filter((path) => {
    const [major = 0, minor = 0] = execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" })
      .split(".")
      .map(Number);
    return major > 22 || (major === 22 && minor >= 13);
  });
const surroundings = [
  { TZ: "UTC", LC_ALL: "C" },
  { TZ: "Pacific/Kiritimati", LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8" },
];
const made = (node: string, plugin: string, environment: Record<string, string>) =>
  execFileSync(node, ["--input-type=module", "--eval", program, repository, plugin, `@keywright/${plugin}`], {
    cwd: temporaryFolder("elsewhere"),
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    env: environment,
  });

test.each(readdirSync(join(repository, "plugins")))("%s", (plugin) => {
  const texts = [...new Set(nodes)].flatMap((node) => surroundings.map((one) => made(node, plugin, one)));
  expect(new Set(texts).size).toBe(1);
  for (const [path, text] of JSON.parse(texts[0] ?? "[]") as [string, string][]) {
    // Here the reference knows the TSDoc of the sources too.
    if (path.endsWith(".md")) continue;
    expect(readFileSync(join(repository, "plugins", plugin, path), "utf8"), path).toBe(text);
  }
});
test("generating twice changes nothing, and is quick", () => {
  const flags = ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source"];
  const started = performance.now();
  const said = execFileSync(process.execPath, [...flags, join(repository, "generators/manifest/main.ts"), "--check"], {
    encoding: "utf8",
  });
  console.log(`npm run generate -- --check: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  expect(said).toBe("");
});
