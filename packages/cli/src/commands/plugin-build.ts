/** Writes what a plugin ships beside its code, from its declarations; runs them, and nothing of the runtime. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { KeywrightError } from "@keywright/core/errors";
import type { Plugin } from "@keywright/core";
import { manifestOf } from "@keywright/manifest/plugin";
import { output, report } from "@keywright/manifest/output";
import { ownedFolders, pluginFilesOf } from "@keywright/manifest/plugin-files";
import { readPackageJson } from "@keywright/broker";
import { type Context, flag } from "../context.ts";
import { print, printJson } from "../output.ts";

const invalid = (message: string, hint: string, cause?: unknown) =>
  new KeywrightError("plugin-invalid", message, { hint, cause });

/** Sources where this Node reads TypeScript, so that what is written is what was typed; else what was built. */
const entryOf = (folder: string, name: string): string => {
  const source = join(folder, "src/index.ts");
  const readsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript);
  if (existsSync(source) && readsTypeScript) return source;
  try {
    return createRequire(join(folder, "package.json")).resolve(name);
  } catch (cause) {
    throw invalid(
      `${name} has no code that can be loaded.`,
      existsSync(source)
        ? "Build it first (npm run build), or use Node 22.18 or later, which reads TypeScript."
        : "Its package.json names an entry that is there.",
      cause,
    );
  }
};

export const run = async (context: Context): Promise<number> => {
  const check = flag(context.options, "check");
  const folder = resolve(context.cwd, context.args[0] ?? ".");
  const described = readPackageJson(folder);
  if (described?.name === undefined)
    throw invalid(`There is no package.json with a name in ${folder}.`, "Name the folder of a plugin.");
  const { name } = described;
  if (described.keywright?.manifest !== "./generated/manifest.json")
    throw invalid(
      `${name} does not say where its manifest is.`,
      'Add to its package.json: "keywright": { "manifest": "./generated/manifest.json" }',
    );
  const entry = entryOf(folder, name);
  const { default: plugin } = (await import(pathToFileURL(entry).href).catch((cause: unknown) => {
    throw invalid(
      `${relative(context.cwd, entry)} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}.`,
      "Install what it depends on (npm install), and mend what it says.",
      cause,
    );
  })) as { readonly default?: Plugin };
  if (typeof plugin?.contract !== "number")
    throw invalid(`${name} has no plugin as its default export.`, "Write: export default definePlugin({ … })");
  const files = pluginFilesOf(manifestOf(plugin, name));
  const changes = await output(files, { check, root: folder, owned: ownedFolders });
  const { exit } = report(changes, { check });
  if (context.json) printJson(context, { package: name, current: changes.length === 0, changes });
  else {
    for (const { path, state } of changes) print(context, `${check ? state : "written"}  ${path}`);
    if (changes.length === 0) print(context, `${files.size} generated files are current.`);
    else if (check) print(context, `${changes.length} generated files are not current: keywright plugin build`);
  }
  return exit;
};
