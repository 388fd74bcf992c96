/** What can be seen of a plugin's package: that its manifest is current, and that its entry is cheap to import. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Plugin } from "@keywright/core";
import { manifestOf } from "@keywright/manifest";
import { jsonText } from "@keywright/manifest/output";
import type { RunnableCheck } from "../harness/runner.ts";
import { ensure } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";

/** What declarations may load: the contract, schemas, and packages of declarations. */
const light = new Set(["zod", "@keywright/core", "@keywright/credentials", "@keywright/resources"]);

/** Prints every package that importing the entry loads; a hook sees each resolution. */
const listing = `
import { registerHooks } from "node:module";
const seen = new Set();
registerHooks({ resolve(specifier, context, next) {
  const found = next(specifier, context);
  if (/^[@a-z]/.test(specifier) && !specifier.startsWith("file:") && !specifier.startsWith("node:")) seen.add(specifier);
  return found;
} });
await import(process.argv[1]);
console.log(JSON.stringify([...seen]));
`;
const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

export const packageChecks = (
  plugin: Plugin,
  options: Pick<PluginTestOptions, "directory" | "entry">,
): RunnableCheck[] => {
  const { directory } = options;
  if (directory === undefined) return [];
  const folder = directory instanceof URL ? fileURLToPath(directory) : directory;
  const manifest = join(folder, "generated", "manifest.json");
  const described = join(folder, "package.json");
  return [
    {
      name: "package: declarations load no SDK",
      run: async () => {
        const entry = pathToFileURL(join(folder, options.entry ?? "src/index.ts")).href;
        // Where workspaces resolve to source here, they do so in the child.
        const flags = process.execArgv.join(" ").includes("@keywright/source")
          ? ["--conditions=@keywright/source"]
          : [];
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ["--no-warnings", ...flags, "--input-type=module", "--eval", listing, entry],
          { timeout: 20_000, cwd: folder },
        );
        const heavy = (JSON.parse(stdout) as string[]).map(packageOf).filter((name) => !light.has(name));
        ensure(
          heavy.length === 0,
          `Importing the plugin's entry loads ${[...new Set(heavy)].join(", ")}. Import it below src/runtime, which is loaded when a broker first needs it.`,
        );
      },
    },
    ...(existsSync(manifest) && existsSync(described)
      ? [
          {
            name: "package: the manifest is current",
            run: async () => {
              const { name } = JSON.parse(readFileSync(described, "utf8")) as { name: string };
              ensure(
                jsonText(manifestOf(plugin, name)) === readFileSync(manifest, "utf8"),
                "generated/manifest.json is not what the declarations say. Generate it again: hosts list the plugin from it.",
              );
            },
          },
        ]
      : []),
  ];
};
