/** Plugins of a folder → the files below their `generated/`. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { KeywrightError, type Plugin } from "@keywright/core";
import { manifestOf } from "@keywright/manifest";
import { pluginFilesOf } from "@keywright/manifest/plugin-files";

/** What a plugin's package.json says, so that its manifest is found without running it. */
const manifestPath = "./generated/manifest.json";

const invalid = (folder: string, what: string, hint: string, cause?: unknown) =>
  new KeywrightError("plugin-invalid", `${folder} ${what}.`, { hint, ...(cause !== undefined && { cause }) });
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const isPlugin = (value: unknown): value is Plugin => isObject(value) && typeof value["contract"] === "number";

const nameOf = async (root: string, folder: string): Promise<string> => {
  const text = await readFile(join(root, folder, "package.json"), "utf8").catch((cause: unknown) => {
    throw invalid(folder, "has no package.json", "Name a plugin's folder, below the root.", cause);
  });
  const { name, keywright } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (typeof name !== "string") throw invalid(folder, "has a package.json without a name", "Name the package.");
  if (!isObject(keywright) || keywright["manifest"] !== manifestPath)
    throw invalid(
      folder,
      'has no "keywright" key in its package.json',
      `Add "keywright": { "manifest": "${manifestPath}" }.`,
    );
  return name;
};
const pluginOf = async (root: string, folder: string): Promise<Plugin> => {
  const entry = pathToFileURL(join(root, folder, "src/index.ts")).href;
  const loaded = (await import(entry).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(folder, `could not be loaded: ${why}`, "Make src/index.ts run on its own.", cause);
  })) as { readonly default?: unknown };
  if (!isPlugin(loaded.default))
    throw invalid(folder, "has no default export that is a plugin", "Write export default definePlugin({ … }).");
  return loaded.default;
};

/** `folder` is a plugin's, below `root`; so are the paths. */
export const filesOf = async (root: string, folder: string): Promise<ReadonlyMap<string, string>> => {
  const name = await nameOf(root, folder);
  const files = pluginFilesOf(manifestOf(await pluginOf(root, folder), name));
  return new Map([...files].map(([path, text]) => [`${folder}/${path}`, text]));
};

/** Every plugin is tried, so that one run names all that fail. */
export const filesOfAll = async (root: string, folders: readonly string[]) => {
  const results = await Promise.allSettled(folders.map((folder) => filesOf(root, folder)));
  return {
    files: new Map(results.flatMap((one) => (one.status === "fulfilled" ? [...one.value] : []))),
    failures: results.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : [])),
  };
};

export const pluginFolders = async (root: string): Promise<readonly string[]> => {
  const entries = await readdir(join(root, "plugins"), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [`plugins/${entry.name}`] : [])).toSorted();
};
