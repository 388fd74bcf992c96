/** What a plugin ships beside its code, from its manifest alone: path below the plugin → text. */
import { schemaFilesOf } from "./from-plugin.ts";
import type { Manifest } from "./manifest.ts";
import { jsonText } from "./output.ts";
import { referenceOf } from "./reference.ts";

export const manifestPath = "generated/manifest.json";
/** Folders in which every file is generated. */
export const ownedFolders: readonly string[] = ["generated/schemas"];

export const pluginFilesOf = (manifest: Manifest): ReadonlyMap<string, string> =>
  new Map([
    [manifestPath, jsonText(manifest)],
    ["generated/reference.md", referenceOf(manifest)],
    ...[...schemaFilesOf(manifest)].map(([path, schema]) => [`generated/${path}`, jsonText(schema)] as const),
  ]);
