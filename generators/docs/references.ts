/** Plugins' `generated/reference.md`: what the manifest says, the provider's policy documents, and the TypeScript exports. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ConnectorRuntime, type ConnectorType, type Permission, type Plugin } from "@keywright/core";
import { type Manifest, manifestOf } from "@keywright/manifest";
import { referenceOf, type RenderPermissions } from "@keywright/manifest/reference";
import { apiOf, apiSections, packageOf } from "./api.ts";

type Renders = Pick<ConnectorRuntime<ConnectorType, unknown>, "permissionDocument">;
export type LoadedPlugin = {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly permissionDocument: RenderPermissions;
};

/** What plugins' API pages re-export from. */
export const packageFolders = ["packages/core", "packages/credentials", "packages/resources"] as const;

/** The plugin's declarations, and its own rendering of permissions: the runtime is loaded, and does nothing else. */
export const loadPlugin = async (root: string, folder: string): Promise<LoadedPlugin> => {
  const entry = pathToFileURL(join(root, folder, "src/index.ts")).href;
  const { default: plugin } = (await import(entry)) as { readonly default: Plugin };
  const runtimes = new Map(
    await Promise.all(
      (plugin.connectors ?? []).map(async ({ type, load }) => {
        const { default: runtime } = (await load()) as { readonly default: Renders };
        return [type.id, runtime] as const;
      }),
    ),
  );
  return {
    folder,
    manifest: manifestOf(plugin, packageOf(root, folder).name),
    permissionDocument: (type: string, rows: readonly Permission[]) =>
      runtimes.get(type)?.permissionDocument?.(rows) ?? null,
  };
};

/** Path below `root` → text. Plugins come as folders below it. */
export const referenceFiles = async (
  root: string,
  folders: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const plugins = await Promise.all(folders.map((folder) => loadPlugin(root, folder)));
  const packages = apiOf(root, folders, packageFolders);
  return new Map(
    plugins.map(({ folder, manifest, permissionDocument }, index) => {
      const api = packages[index];
      const text = referenceOf(manifest, {
        command: "npm run generate",
        permissionDocument,
        more: api ? apiSections(api) : [],
      });
      return [`${folder}/generated/reference.md`, text];
    }),
  );
};
