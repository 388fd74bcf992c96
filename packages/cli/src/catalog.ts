/**
 * Connector types from manifests alone, for the commands that must start at once: neither zod, nor a query builder, nor
 * ajv, nor any plugin's code is loaded. The broker's plugin host finds the same plugins by the same rules.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contractVersion } from "@keywright/core/consumers";
import { KeywrightError } from "@keywright/core/errors";
import { didYouMean } from "@keywright/core/nearest";
import { deceives, mayDeceive } from "@keywright/manifest/deceiving";
import type { Manifest, ManifestAuthMethod, ManifestConnector, ManifestOffer } from "@keywright/manifest";
import { shown } from "./arguments.ts";
import type { Context } from "./context.ts";
import { openPluginIndex } from "./deliver/plugin-index.ts";
import { recordedPlugins } from "./peek.ts";

/** What a list shows of a type. */
export type Listed = {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly resourceTypes: readonly string[];
  readonly authMethods: readonly string[];
};
export type Source = {
  readonly package: string;
  readonly version: string;
  readonly listed: Listed;
  /** Files that all of this is from. */
  readonly files: readonly string[];
  /** The manifest is read when one of these is looked at. */
  readonly type: ManifestConnector;
  readonly manifest: Manifest;
};
export type Catalog = {
  readonly sources: readonly Source[];
  /** Plugins whose manifest cannot be used; the others are not in their way. */
  readonly problems: readonly { readonly package: string; readonly error: KeywrightError }[];
};
type PackageJson = {
  readonly name?: string;
  readonly version?: string;
  readonly keywright?: { readonly manifest?: string };
  readonly [dependencies: string]: unknown;
};

const readPackage = (directory: string): PackageJson | null => {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as PackageJson;
  } catch {
    return null;
  }
};

/** What the broker checks in depth before it runs a plugin; here only what listing relies on. */
const parse = (text: string, name: string): Manifest => {
  let manifest: Partial<Manifest> | null = null;
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null;
  } catch {
    // Said below.
  }
  if (manifest?.manifestVersion !== 1 || manifest.contract !== contractVersion) {
    if (manifest === null || typeof manifest !== "object" || typeof manifest.contract !== "number") {
      throw new KeywrightError("plugin-invalid", `${name} has no manifest that can be read.`, {
        hint: `Reinstall it: npm install ${name}`,
      });
    }
    throw new KeywrightError(
      "plugin-incompatible",
      `${name} is written for plugin contract ${String(manifest.contract)}; this Keywright knows ${contractVersion}.`,
      { hint: manifest.contract > contractVersion ? "Upgrade keywright." : `Upgrade ${name}.` },
    );
  }
  if (mayDeceive(text) && deceives(manifest)) {
    throw new KeywrightError("plugin-invalid", `${name} has a manifest with control characters in its words.`, {
      hint: "Do not use it, and tell its author.",
    });
  }
  if (!Array.isArray(manifest.connectors) || !Array.isArray(manifest.secretSchemas)) {
    throw new KeywrightError("plugin-invalid", `${name} has a manifest without connectors.`, {
      hint: `Reinstall it: npm install ${name}`,
    });
  }
  return manifest as Manifest;
};

const projectAbove = (from: string): string | null => {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (dirname(directory) === directory) return null;
  }
};
const installed = (project: string, name: string): string | null => {
  for (let directory = project; ; directory = dirname(directory)) {
    const at = join(directory, "node_modules", name);
    if (existsSync(join(at, "package.json"))) return at;
    if (dirname(directory) === directory) return null;
  }
};
/**
 * Folders, nearest first: what the project names, what was enabled from elsewhere. What comes with Keywright itself is a
 * secret store and brings no type.
 */
function* directories(
  context: Pick<Context, "cwd" | "environment">,
  project: string | null,
  enough: () => boolean,
): Generator<string> {
  const described = project === null ? null : readPackage(project);
  const names = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((key) =>
    Object.keys((described?.[key] ?? {}) as object),
  );
  if (project !== null) {
    for (const name of [...new Set(names)].toSorted()) {
      const at = installed(project, name);
      if (at !== null) yield at;
    }
  }
  if (!enough()) yield* recordedPlugins(context.environment);
}

type Indexed = {
  readonly name: string;
  readonly version: string;
  readonly files: readonly [described: string, manifest: string];
  readonly types: readonly Listed[];
};
const manifestAt = (path: string, name: string): Manifest => {
  if (!existsSync(path)) {
    throw new KeywrightError("plugin-invalid", `${name} has no manifest at ${path}.`, {
      hint: `Reinstall it: npm install ${name}`,
    });
  }
  return parse(readFileSync(path, "utf8"), name);
};
const listedOf = ({ id, title, description, resources, authMethods }: ManifestConnector): Listed => ({
  id,
  title,
  description,
  resourceTypes: resources.map((offer) => offer.type.id),
  authMethods: authMethods.map((method) => method.id),
});
/** Null: no plugin. The error of one whose manifest cannot be used is not kept. */
const indexed = (directory: string): { readonly files: readonly string[]; readonly value: Indexed | null } => {
  const file = join(directory, "package.json");
  const described = readPackage(directory);
  if (!described?.keywright || described.name === undefined) return { files: [file], value: null };
  const { name, version = "0.0.0" } = described;
  const { manifest = "generated/manifest.json" } = described.keywright;
  if (!/^[\w@./~-]{1,214}$/.test(name) || !/^[\w.+-]{1,64}$/.test(version) || typeof manifest !== "string")
    throw new Unusable(
      JSON.stringify(name.slice(0, 40)),
      new KeywrightError("plugin-invalid", `The package in ${directory} has no name or version that npm would take.`, {
        hint: "Do not use it, and tell its author.",
      }),
    );
  const path = join(directory, manifest);
  try {
    return {
      files: [file, path],
      value: { name, version, files: [file, path], types: manifestAt(path, name).connectors.map(listedOf) },
    };
  } catch (error) {
    // Whatever a manifest that nobody checked yet makes of us is its own fault.
    const ours = KeywrightError.is(error)
      ? error
      : new KeywrightError("plugin-invalid", `The manifest of ${name} cannot be used.`, {
          hint: `Reinstall it: npm install ${name}`,
          cause: error,
        });
    throw new Unusable(name, ours);
  }
};
class Unusable extends Error {
  readonly package: string;
  readonly error: KeywrightError;
  constructor(name: string, error: KeywrightError) {
    super(error.message);
    this.package = name;
    this.error = error;
  }
}
const sourceIn = ({ name, version, files }: Indexed, listed: Listed): Source => {
  let manifest: Manifest | null = null;
  const read = () => (manifest ??= manifestAt(files[1], name));
  return {
    files,
    package: name,
    version,
    listed,
    get manifest() {
      return read();
    },
    get type() {
      const found = read().connectors.find(({ id }) => id === listed.id);
      if (found) return found;
      throw new KeywrightError("plugin-invalid", `The manifest of ${name} changed while it was read.`, {
        hint: "Run it again.",
      });
    },
  };
};

/** `wanted`: SQLite is not loaded once the project has this type. */
export const readCatalog = (context: Pick<Context, "cwd" | "environment">, wanted?: string): Catalog => {
  const sources: Source[] = [];
  const problems: { package: string; error: KeywrightError }[] = [];
  const seen = new Set<string>();
  const project = projectAbove(context.cwd);
  const index = openPluginIndex<Indexed | null>(project ?? "");
  for (const directory of directories(context, project, () => sources.some(({ listed }) => listed.id === wanted))) {
    try {
      const plugin = index.get(directory, () => indexed(directory));
      if (plugin === null || seen.has(plugin.name)) continue;
      seen.add(plugin.name);
      for (const listed of plugin.types) sources.push(sourceIn(plugin, listed));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      if (!seen.has(error.package)) problems.push({ package: error.package, error: error.error });
      seen.add(error.package);
    }
  }
  index.save();
  return { sources, problems };
};

const conflict = (id: string, claims: readonly Source[]) =>
  new KeywrightError(
    "plugin-conflict",
    `${claims.map((one) => one.package).join(" and ")} both bring the connector type ${id}.`,
    {
      hint: `Remove one of them: npm uninstall ${claims.at(-1)?.package ?? ""}`,
    },
  );
/** Types that two plugins claim. */
export const conflictsIn = ({ sources }: Catalog): KeywrightError[] =>
  [...Map.groupBy(sources, ({ listed }) => listed.id)].flatMap(([id, claims]) =>
    claims.length > 1 ? [conflict(id, claims)] : [],
  );

export const sourceOf = (context: Pick<Context, "cwd" | "environment">, id: string): Source => {
  const { sources, problems } = readCatalog(context, id);
  const claims = sources.filter(({ listed }) => listed.id === id);
  const [claim] = claims;
  if (claims.length > 1) throw conflict(id, claims);
  if (claim) return claim;
  const [broken] = problems;
  if (broken) throw broken.error;
  const known = [...new Set(readCatalog(context).sources.map(({ listed }) => listed.id))];
  throw new KeywrightError("type-not-found", `There is no connector type ${shown(id)}.${didYouMean(id, known)}`, {
    hint:
      known.length === 0
        ? "Install a plugin in this folder: npm install @keywright/aws"
        : `There are: ${known.join(", ")}. Others come with their plugin: npm install @keywright/NAME`,
  });
};

const pick = <T>(what: string, of: string, all: readonly T[], idOf: (one: T) => string, id: string): T => {
  const found = all.find((one) => idOf(one) === id);
  if (found) return found;
  const known = all.map(idOf);
  throw new KeywrightError("type-not-found", `${of} has no ${what} ${shown(id)}.${didYouMean(id, known)}`, {
    hint: `There are: ${known.join(", ")}.`,
  });
};
export const methodNamed = (type: ManifestConnector, id: string): ManifestAuthMethod =>
  pick("auth method", type.id, type.authMethods, (one) => one.id, id);
export const offerNamed = (type: ManifestConnector, id: string): ManifestOffer =>
  pick("resource type", type.id, type.resources, (one) => one.type.id, id);
