/** Which plugins there are (their manifests alone), which may run (recorded), and the one place where their code is loaded. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { didYouMean, KeywrightError, type Plugin } from "@keywright/core";
import type { Manifest, ManifestConnector, ManifestOffer } from "@keywright/manifest";
import { differences, type Locked, lockFile, named, readLock, writeLock } from "./plugin-lock.ts";
import {
  type Hashes,
  type InstalledPlugin,
  integrityOf,
  pluginAt,
  pluginOrBroken,
  pluginsOfProject,
} from "./plugin-package.ts";
import { importWhole, provePlugin } from "./plugin-proof.ts";
import { type State, transaction } from "./state.ts";
import { all, from, type PluginRow, run } from "./tables.ts";

const failureOf = (plugin: InstalledPlugin): KeywrightError | null => {
  try {
    plugin.manifest();
    return null;
  } catch (error) {
    if (KeywrightError.is(error)) return error;
    // Whatever a manifest that nobody checked yet makes of us (a nesting without end) is its own fault.
    return new KeywrightError("plugin-invalid", `The manifest of ${plugin.package} cannot be used.`, {
      hint: `Reinstall it: npm install ${plugin.package}`,
      cause: error,
    });
  }
};

export type ConnectorSource = { readonly plugin: InstalledPlugin; readonly type: ManifestConnector };
/** `enabled`: what runs; `project`: what the project would enable, where it has another copy. */
export type Preference = "enabled" | "project";
export type EnableOptions = {
  readonly now: number;
  /** A person has reviewed what changed. */
  readonly accept?: boolean;
  /** Its files are not checked from now on, because its author works on it. */
  readonly unlocked?: boolean;
};
export type PluginStanding = {
  readonly plugin: InstalledPlugin;
  readonly state: "built-in" | "enabled" | "unlocked" | "changed" | "installed" | "broken";
  /** Why it is changed or broken. */
  readonly problem: KeywrightError | null;
};
export type PluginHost = {
  readonly plugins: () => readonly InstalledPlugin[];
  /** Those whose manifest can be read. */
  readonly readable: () => readonly InstalledPlugin[];
  /** Every connector type, from manifests alone; a type that two plugins claim is there twice. */
  readonly connectorTypes: (prefer?: Preference) => readonly ConnectorSource[];
  readonly connectorType: (id: string, prefer?: Preference) => ConnectorSource;
  readonly isEnabled: (plugin: InstalledPlugin) => boolean;
  readonly standing: () => readonly PluginStanding[];
  /** Proves that the code is what the manifest says, then records both in the lock and here. True when that was new. */
  readonly enable: (plugin: InstalledPlugin, options: EnableOptions) => Promise<boolean>;
  /** Takes it out of the lock and of the state; false when it was in neither. */
  readonly disable: (name: string) => boolean;
  /** Connector types of a package, from its manifest, and from locks where it is no longer there. */
  readonly typesOf: (name: string) => readonly string[];
  /** Where `enable` writes. */
  readonly lockPath: () => string;
  /** Runs the plugin's code. Only enabled and built-in ones, and only as they were recorded. */
  readonly load: (plugin: InstalledPlugin) => Promise<Plugin>;
};

export type PluginHostOptions = {
  /** Project folder whose dependencies are looked at; null: none. */
  readonly project: string | null;
  /** Folders of plugins that are part of Keywright. */
  readonly builtIn: readonly string[];
  readonly state: State | null;
};

const uniqueByPackage = (plugins: readonly InstalledPlugin[]): readonly InstalledPlugin[] =>
  [...new Map([...plugins].toReversed().map((plugin) => [plugin.package, plugin])).values()].toReversed();

/** `connector aws`, `secret store vault`: what a plugin brings, by id. */
export const broughtBy = ({ connectors, secretStores, flavors, secretSchemas }: Manifest): readonly string[] => [
  ...connectors.map(({ id }) => `connector ${id}`),
  ...secretStores.map(({ id }) => `secret store ${id}`),
  ...flavors.map(({ component, id }) => `flavor ${component}/${id}`),
  ...(connectors.length + secretStores.length + flavors.length === 0
    ? secretSchemas.map(({ id }) => `secret schema ${id}`)
    : []),
];

const changed = (plugin: InstalledPlugin, message: string, files: readonly string[]) =>
  new KeywrightError("plugin-changed", message, {
    hint: `If you upgraded or rebuilt it, look at what changed, then: keywright plugin add ${plugin.package}`,
    data: { package: plugin.package, files },
  });
/** Null where the recorded files are the ones that are there. */
const differenceOf = (
  plugin: InstalledPlugin,
  recorded: { readonly version: string; readonly files: Hashes },
  where: string,
): KeywrightError | null => {
  const found = differences(recorded.files, plugin.files());
  if (found.length === 0) return null;
  const versions =
    plugin.version === recorded.version ? "" : ` (it is ${plugin.version}; ${recorded.version} was recorded)`;
  return changed(
    plugin,
    `${plugin.package} is not what ${where} records${versions}: ${named(found)}.`,
    found.map(({ file }) => file),
  );
};

export const createPluginHost = ({ project, builtIn, state }: PluginHostOptions): PluginHost => {
  const directory = project ?? state?.directory ?? null;
  let found: { readonly named: readonly InstalledPlugin[]; readonly recorded: readonly InstalledPlugin[] } | null =
    null;
  const own = builtIn.flatMap((at) => pluginAt(at, true) ?? []);
  const rows = (): readonly PluginRow[] =>
    state ? all(state, from.selectFrom("plugins").selectAll().orderBy("enabled_at", "desc")) : [];
  const look = () =>
    (found ??= {
      named: project ? pluginsOfProject(project) : [],
      // Enabled ones are known from any folder, so that helpers run from anywhere.
      recorded: rows().flatMap((row) =>
        existsSync(row.directory) ? (pluginOrBroken(row.directory, row.package) ?? []) : [],
      ),
    });
  /** What was enabled is this package at this place: another copy has other dependencies, however alike it is. */
  const rowOf = (plugin: InstalledPlugin): PluginRow | undefined =>
    rows().find((row) => row.package === plugin.package && row.directory === plugin.directory);
  const isEnabled = (plugin: InstalledPlugin) => plugin.builtIn || rowOf(plugin) !== undefined;
  const plugins = (prefer: Preference = "enabled") => {
    const { named: ofProject, recorded } = look();
    if (prefer === "project") return uniqueByPackage([...own, ...ofProject, ...recorded]);
    return uniqueByPackage([...own, ...ofProject.filter(isEnabled), ...recorded, ...ofProject]);
  };
  /** One plugin that cannot be read is in nobody's way: it is told only where its type may be the one asked for. */
  const readable = (prefer?: Preference) => plugins(prefer).filter((plugin) => failureOf(plugin) === null);
  const connectorTypes = (prefer?: Preference) =>
    readable(prefer).flatMap((plugin) => plugin.manifest().connectors.map((type) => ({ plugin, type })));

  const lockPath = () => {
    if (directory === null)
      throw new KeywrightError("usage", "There is neither a project nor a state to keep a lock in.");
    return join(directory, lockFile);
  };
  /** What the state and the locks record, against what is there. */
  const tamperedWith = (plugin: InstalledPlugin, row: PluginRow): KeywrightError | null => {
    const files = row.files === null ? null : (JSON.parse(row.files) as Hashes);
    const here = files && differenceOf(plugin, { version: row.version, files }, "this machine's state");
    if (here) return here;
    const own = project === null ? null : join(project, lockFile);
    // The project that one stands in may know the plugin as well; the one that enabled it must.
    for (const path of new Set([row.lock, own])) {
      if (path === null) continue;
      const locked = readLock(path)?.[plugin.package];
      if (locked === undefined && path !== row.lock) continue;
      if (locked && locked.version === row.version && (locked.integrity ?? "") === row.integrity) continue;
      const between = files && locked?.files ? differences(files, locked.files) : [];
      const said =
        locked === undefined
          ? `${path} no longer names ${plugin.package}, which this machine enabled.`
          : `${path} records another ${plugin.package} than this machine enabled (${locked.version}${between.length > 0 ? `: ${named(between)}` : locked.integrity === undefined ? ", unlocked" : ""}).`;
      return changed(
        plugin,
        said,
        between.map(({ file }) => file),
      );
    }
    return null;
  };
  const refuseClashes = (plugin: InstalledPlugin) => {
    const brought = broughtBy(plugin.manifest());
    for (const other of readable()) {
      if (other.package === plugin.package || !isEnabled(other)) continue;
      const both = broughtBy(other.manifest()).find((one) => brought.includes(one));
      if (both === undefined) continue;
      throw new KeywrightError("plugin-conflict", `${plugin.package} and ${other.package} both bring the ${both}.`, {
        hint: `Keep one of them: keywright plugin remove ${other.package}`,
      });
    }
  };
  const enable = async (plugin: InstalledPlugin, { now, accept, unlocked }: EnableOptions): Promise<boolean> => {
    if (plugin.builtIn) return false;
    if (!state) throw new KeywrightError("internal", "Plugins are enabled in a state.");
    const path = lockPath();
    const before = rowOf(plugin);
    const locked = readLock(path)?.[plugin.package];
    const integrity = integrityOf(plugin.files());
    if (accept !== true) {
      const difference =
        (before && tamperedWith(plugin, before)) ??
        (locked?.files ? differenceOf(plugin, { version: locked.version, files: locked.files }, path) : null);
      if (difference) throw difference;
      if (before) return false;
      const elsewhere = rows().find((row) => row.package === plugin.package && existsSync(row.directory));
      // Alike: that one serves. Otherwise a person decides, since its connectors would run other code.
      if (elsewhere?.integrity === integrity) return false;
      if (elsewhere)
        throw changed(
          plugin,
          `${plugin.package} ${plugin.version} of this project is not the ${elsewhere.version} that is enabled in ${elsewhere.directory}.`,
          [],
        );
    }
    refuseClashes(plugin);
    await provePlugin(plugin);
    const files = unlocked === true ? null : plugin.files();
    const entry: Locked = {
      version: plugin.version,
      brings: broughtBy(plugin.manifest()),
      ...(files && { integrity, files }),
    };
    const row: PluginRow = {
      package: plugin.package,
      directory: plugin.directory,
      version: plugin.version,
      entry: plugin.entry(),
      integrity: files ? integrity : "",
      files: files && JSON.stringify(files),
      lock: path,
      enabled_at: now,
    };
    transaction(state, () => {
      // Read again under the lock of the state: another process may have enabled one meanwhile.
      const lock = readLock(path) ?? {};
      if (JSON.stringify(lock[plugin.package]) !== JSON.stringify(entry))
        writeLock(directory as string, { ...lock, [plugin.package]: entry });
      run(
        state,
        from
          .insertInto("plugins")
          .values(row)
          .onConflict((on) => on.columns(["package", "directory"]).doUpdateSet(row)),
      );
    });
    found = null;
    return before?.integrity !== row.integrity;
  };
  const loaded = new Map<string, Promise<Plugin>>();
  return {
    plugins: () => plugins(),
    readable: () => readable(),
    connectorTypes,
    isEnabled,
    lockPath,
    enable,
    standing: () =>
      plugins("project").map((plugin): PluginStanding => {
        const failure = failureOf(plugin);
        if (failure) return { plugin, state: "broken", problem: failure };
        if (plugin.builtIn) return { plugin, state: "built-in", problem: null };
        try {
          const row = rowOf(plugin);
          if (!row) {
            // Not enabled on this machine, and yet the project says what it must be.
            const own = project === null ? undefined : readLock(join(project, lockFile))?.[plugin.package];
            const other = own?.files
              ? differenceOf(plugin, { version: own.version, files: own.files }, lockPath())
              : null;
            return { plugin, state: other ? "changed" : "installed", problem: other };
          }
          const problem = tamperedWith(plugin, row);
          if (problem) return { plugin, state: "changed", problem };
          return { plugin, state: row.files === null ? "unlocked" : "enabled", problem: null };
        } catch (error) {
          if (KeywrightError.is(error)) return { plugin, state: "broken", problem: error };
          throw error;
        }
      }),
    typesOf: (name) => [
      ...new Set([
        ...readable()
          .filter((plugin) => plugin.package === name)
          .flatMap((plugin) => plugin.manifest().connectors.map(({ id }) => id)),
        ...rows()
          .filter((row) => row.package === name && row.lock !== null)
          .flatMap((row) => readLock(row.lock ?? "")?.[name]?.brings ?? [])
          .flatMap((one) => /^connector (.+)$/.exec(one)?.[1] ?? []),
      ]),
    ],
    disable: (name) => {
      if (!state) return false;
      return transaction(state, () => {
        const all = rows().filter((row) => row.package === name);
        // This project's; where it has none of its own, every one there is.
        const ours = all.filter((row) => row.lock === lockPath());
        const recorded = ours.length > 0 ? ours : all;
        let known = recorded.length > 0;
        for (const path of new Set([lockPath(), ...recorded.flatMap((row) => row.lock ?? [])])) {
          const { [name]: locked, ...rest } = readLock(path) ?? {};
          if (locked) writeLock(dirname(path), rest);
          known ||= locked !== undefined;
        }
        for (const row of recorded)
          run(state, from.deleteFrom("plugins").where("package", "=", name).where("directory", "=", row.directory));
        found = null;
        return known;
      });
    },
    connectorType: (id, prefer) => {
      const all = connectorTypes(prefer).filter(({ type }) => type.id === id);
      // What is merely installed is in the way of nothing that runs.
      const running = prefer === "project" ? [] : all.filter(({ plugin }) => isEnabled(plugin));
      const [claim, other] = running.length > 0 ? running : all;
      if (!claim) {
        const unread = plugins(prefer)
          .map(failureOf)
          .find((failure) => failure !== null);
        if (unread) throw unread;
        const known = connectorTypes().map(({ type }) => type.id);
        throw new KeywrightError(
          "type-not-found",
          `No installed plugin brings the connector type ${id}.${didYouMean(id, known)}`,
          {
            hint: [
              ...rows()
                .filter((row) => !existsSync(row.directory))
                .map(
                  (row) => `${row.package} was enabled, and is no longer in ${row.directory}: install it there again.`,
                ),
              known.length === 0
                ? "Install the plugin that brings it, for example npm install @keywright/aws"
                : `There are: ${known.join(", ")}.`,
            ].join(" "),
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
    load: async (plugin) => {
      const known = loaded.get(plugin.directory);
      if (known) return known;
      if (!plugin.builtIn) {
        const row = rowOf(plugin);
        if (!row)
          throw new KeywrightError("plugin-invalid", `${plugin.package} ${plugin.version} is not enabled.`, {
            hint: `Enable it: keywright plugin add ${plugin.package}`,
          });
        const difference = tamperedWith(plugin, row);
        if (difference) throw difference;
      }
      const loading = importWhole(plugin);
      loaded.set(plugin.directory, loading);
      return loading;
    },
  };
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
