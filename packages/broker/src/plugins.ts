/** Which plugins there are (their manifests alone), which are enabled (recorded), and the one place where their code is loaded. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { contractVersion, didYouMean, KeywrightError, type Plugin } from "@keywright/core";
import type { Manifest, ManifestConnector, ManifestOffer } from "@keywright/manifest";
import { parseManifest } from "@keywright/manifest/read";
import type { State } from "./state.ts";
import { all, from, run } from "./tables.ts";

export type InstalledPlugin = {
  readonly package: string;
  readonly version: string;
  readonly directory: string;
  /** Part of Keywright itself: enabled by name. */
  readonly builtIn: boolean;
  readonly manifest: () => Manifest;
  /** SHA-256 of the manifest and of package.json. */
  readonly integrity: () => string;
};

type PackageJson = {
  readonly name?: string;
  readonly version?: string;
  readonly keywright?: { readonly manifest?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
const readJson = (path: string): PackageJson | null => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as PackageJson;
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT" || (cause as { code?: string }).code === "ENOTDIR") return null;
    throw new KeywrightError("plugin-invalid", `${path} cannot be read: ${(cause as Error).message}.`, {
      hint: "Mend it, or reinstall the package.",
      cause,
    });
  }
};

/** A plugin in this folder, or null where its package.json names no manifest. */
export const pluginAt = (directory: string, builtIn = false): InstalledPlugin | null => {
  const described = readJson(join(directory, "package.json"));
  if (!described?.keywright || described.name === undefined) return null;
  const { name, version = "0.0.0" } = described;
  const path = join(directory, described.keywright.manifest ?? "generated/manifest.json");
  let text: string | null = null;
  const read = () => {
    if (text !== null) return text;
    if (!existsSync(path)) {
      throw new KeywrightError("plugin-invalid", `${name} has no manifest at ${path}.`, {
        hint: "Its author builds one with npm run generate; reinstall the package if you did not write it.",
      });
    }
    return (text = readFileSync(path, "utf8"));
  };
  let manifest: Manifest | null = null;
  return {
    package: name,
    version,
    directory,
    builtIn,
    manifest: () => (manifest ??= parseManifest(read(), name)),
    integrity: () =>
      `sha256-${createHash("sha256")
        .update(read())
        .update(readFileSync(join(directory, "package.json")))
        .digest("base64")}`,
  };
};

/** The nearest folder upward with a package.json, or null. */
export const projectOf = (from: string): string | null => {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (dirname(directory) === directory) return null;
  }
};

/** Plugins that the project itself names as dependencies; never a dependency of a dependency. */
export const pluginsOfProject = (project: string): InstalledPlugin[] => {
  const described = readJson(join(project, "package.json"));
  const names = new Set(
    Object.keys({ ...described?.dependencies, ...described?.devDependencies, ...described?.optionalDependencies }),
  );
  return [...names].toSorted().flatMap((name) => {
    for (let directory = project; ; directory = dirname(directory)) {
      const at = join(directory, "node_modules", name);
      if (existsSync(join(at, "package.json"))) {
        const found = pluginAt(realpathSync(at));
        return found ? [found] : [];
      }
      if (dirname(directory) === directory) return [];
    }
  });
};

const failureOf = (plugin: InstalledPlugin): KeywrightError | null => {
  try {
    plugin.manifest();
    return null;
  } catch (error) {
    if (KeywrightError.is(error)) return error;
    throw error;
  }
};

export type ConnectorSource = { readonly plugin: InstalledPlugin; readonly type: ManifestConnector };
export type PluginHost = {
  readonly plugins: () => readonly InstalledPlugin[];
  /** Those whose manifest can be read. */
  readonly readable: () => readonly InstalledPlugin[];
  /** Every connector type, from manifests alone; a type that two plugins claim is there twice. */
  readonly connectorTypes: () => readonly ConnectorSource[];
  readonly connectorType: (id: string) => ConnectorSource;
  readonly isEnabled: (plugin: InstalledPlugin) => boolean;
  /** Records package, version, place and integrity. True when it was not enabled before. */
  readonly enable: (plugin: InstalledPlugin, state: State, now: number) => boolean;
  /** Runs the plugin's code. Only enabled and built-in ones. */
  readonly load: (plugin: InstalledPlugin) => Promise<Plugin>;
};

export type PluginHostOptions = {
  /** Project folder whose dependencies are looked at; null: none. */
  readonly project: string | null;
  /** Folders of plugins that are part of Keywright. */
  readonly builtIn: readonly string[];
  readonly state: State | null;
};

export const createPluginHost = ({ project, builtIn, state }: PluginHostOptions): PluginHost => {
  let found: InstalledPlugin[] | null = null;
  const enabledRows = () => (state ? all(state, from.selectFrom("plugins").selectAll()) : []);
  const plugins = () => {
    if (found) return found;
    const own = builtIn.flatMap((directory) => pluginAt(directory, true) ?? []);
    const named = project ? pluginsOfProject(project) : [];
    // Enabled ones are known from any folder, so that helpers run from anywhere.
    const recorded = enabledRows().flatMap(({ directory }) =>
      existsSync(directory) ? (pluginAt(directory) ?? []) : [],
    );
    const unique = new Map<string, InstalledPlugin>();
    for (const plugin of [...own, ...named, ...recorded])
      if (!unique.has(plugin.package)) unique.set(plugin.package, plugin);
    return (found = [...unique.values()]);
  };
  /** One plugin that cannot be read is in nobody's way: it is told only where its type may be the one asked for. */
  const readable = () => plugins().filter((plugin) => failureOf(plugin) === null);
  const connectorTypes = () =>
    readable().flatMap((plugin) => plugin.manifest().connectors.map((type) => ({ plugin, type })));
  const isEnabled = (plugin: InstalledPlugin) =>
    plugin.builtIn || enabledRows().some((row) => row.package === plugin.package);
  const loaded = new Map<string, Promise<Plugin>>();
  return {
    plugins,
    readable,
    connectorTypes,
    isEnabled,
    connectorType: (id) => {
      const claims = connectorTypes().filter(({ type }) => type.id === id);
      const [claim, other] = claims;
      if (!claim) {
        const unread = plugins()
          .map(failureOf)
          .find((failure) => failure !== null);
        if (unread) throw unread;
        const known = connectorTypes().map(({ type }) => type.id);
        throw new KeywrightError(
          "type-not-found",
          `No installed plugin brings the connector type ${id}.${didYouMean(id, known)}`,
          {
            hint:
              known.length === 0
                ? `Install one: npm install @keywright/${id}`
                : `There are: ${known.join(", ")}. Install another with npm install.`,
          },
        );
      }
      if (other) {
        throw new KeywrightError(
          "plugin-conflict",
          `Both ${claim.plugin.package} and ${other.plugin.package} bring the connector type ${id}.`,
          {
            hint: "Remove one of them: npm uninstall.",
          },
        );
      }
      return claim;
    },
    enable: (plugin, writable, now) => {
      const row = {
        package: plugin.package,
        version: plugin.version,
        directory: plugin.directory,
        entry: entryOf(plugin),
        integrity: plugin.integrity(),
        enabled_at: now,
      };
      const before = all(writable, from.selectFrom("plugins").selectAll().where("package", "=", plugin.package))[0];
      if (before && before.integrity === row.integrity && before.directory === row.directory) return false;
      run(
        writable,
        from
          .insertInto("plugins")
          .values(row)
          .onConflict((on) => on.column("package").doUpdateSet(row)),
      );
      return before === undefined;
    },
    load: (plugin) => {
      if (!isEnabled(plugin)) {
        throw new KeywrightError("plugin-invalid", `${plugin.package} is not enabled.`, {
          hint: "Register a connector of one of its types: that enables it.",
        });
      }
      const known = loaded.get(plugin.package);
      if (known) return known;
      const loading = import(pathToFileURL(entryOf(plugin)).href).then((module: { default?: Plugin }) => {
        const { default: made } = module;
        if (!made || typeof made !== "object" || typeof made.contract !== "number") {
          throw new KeywrightError("plugin-invalid", `${plugin.package} has no plugin as its default export.`, {
            hint: "Its entry must `export default definePlugin({ … })`.",
          });
        }
        if (made.contract !== contractVersion) {
          throw new KeywrightError(
            "plugin-incompatible",
            `${plugin.package} is of contract ${made.contract}; this Keywright knows ${contractVersion}.`,
            {
              hint: made.contract > contractVersion ? "Upgrade keywright." : `Upgrade ${plugin.package}.`,
            },
          );
        }
        return made;
      });
      loaded.set(plugin.package, loading);
      return loading;
    },
  };
};

/** The file that importing the package by name would load. */
const entryOf = (plugin: InstalledPlugin): string => {
  try {
    return createRequire(join(plugin.directory, "package.json")).resolve(plugin.package);
  } catch (cause) {
    throw new KeywrightError("plugin-invalid", `${plugin.package} has no code that can be loaded.`, {
      hint: "Reinstall it.",
      cause,
    });
  }
};

export const offerOf = (type: ManifestConnector, id: string): ManifestOffer => {
  const known = type.resources.map((offer) => offer.type.id);
  const found = type.resources.find((offer) => offer.type.id === id);
  if (found) return found;
  throw new KeywrightError("type-not-found", `${type.id} has no resource type ${id}.${didYouMean(id, known)}`, {
    hint: `There are: ${known.join(", ")}.`,
  });
};
export const methodOf = (type: ManifestConnector, id: string) => {
  const known = type.authMethods.map((method) => method.id);
  const found = type.authMethods.find((method) => method.id === id);
  if (found) return found;
  throw new KeywrightError("type-not-found", `${type.id} has no auth method ${id}.${didYouMean(id, known)}`, {
    hint: `There are: ${known.join(", ")}.`,
  });
};
export const secretSchemaOf = (manifest: Manifest, id: string) => {
  const found = manifest.secretSchemas.find((schema) => schema.id === id);
  if (!found)
    throw new KeywrightError(
      "plugin-invalid",
      `${manifest.package} names the secret schema ${id} and does not bring it.`,
      { hint: "Its author runs npm run generate." },
    );
  return found;
};
