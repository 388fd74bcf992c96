/** A plugin as it lies on the disk: found from package.json files alone, its manifest, and a hash of every file that it ships. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { KeywrightError } from "@keywright/core";
import type { Manifest } from "@keywright/manifest";
import { parseManifest } from "@keywright/manifest/read";

/** Path below the package, with slashes → `sha256-…`. */
export type Hashes = Readonly<Record<string, string>>;
export type InstalledPlugin = {
  readonly package: string;
  readonly version: string;
  readonly directory: string;
  /** Part of Keywright itself: enabled by name. */
  readonly builtIn: boolean;
  readonly manifest: () => Manifest;
  /** The file that importing the package by name would load. */
  readonly entry: () => string;
  /**
   * Of every file that it ships: what is left out can only run if one of these names it. Read anew each time, but for the
   * manifest, which is hashed as it was read, so that what was checked is what is used.
   */
  readonly files: () => Hashes;
};

type PackageJson = {
  readonly name?: string;
  readonly version?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly bundleDependencies?: unknown;
  readonly bundledDependencies?: unknown;
  readonly keywright?: { readonly manifest?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
export const readPackageJson = (directory: string): PackageJson | null => {
  const path = join(directory, "package.json");
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

export const sha256 = (content: string | Uint8Array): string =>
  `sha256-${createHash("sha256").update(content).digest("base64")}`;
/** One hash for all files, whatever their order. */
export const integrityOf = (files: Hashes): string =>
  sha256(
    Object.keys(files)
      .toSorted()
      .map((path) => `${path} ${files[path] ?? ""}\n`)
      .join(""),
  );

const mostFiles = 5_000;
const filesBelow = (directory: string): string[] => {
  if (!lstatSync(directory).isDirectory()) {
    if (!statSync(directory).isDirectory()) return [directory];
    // npm packs no links, and one may lead anywhere.
    throw new KeywrightError("plugin-invalid", `${directory} is a link to a folder, whose files cannot be recorded.`, {
      hint: "Put the files themselves there.",
    });
  }
  return readdirSync(directory).flatMap((name) => filesBelow(join(directory, name)));
};
/**
 * Whatever lies in its folder: what a package ships is for npm to say, and what runs is for its code. But for what npm puts
 * there for others (its dependencies, which the package manager's lock file holds) and for the history of a checkout.
 */
const allFiles = (directory: string): readonly string[] =>
  readdirSync(directory)
    .filter((name) => name !== "node_modules" && name !== ".git")
    .flatMap((name) => filesBelow(join(directory, name)));

export const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
/** What `exports` names for an import of the package itself. https://nodejs.org/api/packages.html#conditional-exports */
const importedBy = (exports: unknown): string | null => {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return null;
  const own = "." in exports ? exports["."] : exports;
  if (typeof own === "string") return own;
  if (typeof own !== "object" || own === null) return null;
  for (const [condition, target] of Object.entries(own))
    if (["node", "import", "module-sync", "default"].includes(condition)) {
      const found = importedBy({ ".": target });
      if (found !== null) return found;
    }
  return null;
};

/** A plugin in this folder, or null where its package.json names no manifest. */
export const pluginAt = (directory: string, builtIn = false): InstalledPlugin | null => {
  const described = readPackageJson(directory);
  if (!described?.keywright || described.name === undefined) return null;
  const { name, version = "0.0.0" } = described;
  if (!packageName.test(name) || !/^[\w.+-]{1,64}$/.test(version))
    throw new KeywrightError(
      "plugin-invalid",
      `The package in ${directory} has no name or version that npm would take.`,
      {
        hint: "Correct its package.json; do not use it if it is not yours.",
      },
    );
  const { manifest: at = "generated/manifest.json" } = described.keywright;
  const path = join(directory, typeof at === "string" ? at : "generated/manifest.json");
  const invalid = (what: string, hint: string, cause?: unknown) =>
    new KeywrightError("plugin-invalid", `${name} ${what}.`, { hint, cause });
  let text: string | null = null;
  const read = () => {
    if (text !== null) return text;
    if (relative(directory, path).startsWith(`..${sep}`))
      throw invalid("names a manifest outside its own folder", "Do not use it; tell its author.");
    if (!existsSync(path))
      throw invalid(
        `has no manifest at ${path}`,
        "Its author writes one with keywright plugin build; reinstall the package if you did not write it.",
      );
    return (text = readFileSync(path, "utf8"));
  };
  const root = existsSync(directory) ? realpathSync(directory) : directory;
  /** Inside the package, and none of its dependencies' files. */
  const own = (file: string): string => {
    const inside = relative(root, realpathSync(file));
    if (!inside.startsWith("..") && !inside.split(sep).includes("node_modules")) return file;
    throw invalid(`names code outside its own folder: ${file}`, "Do not use it, and tell its author.");
  };
  const entry = () => {
    const require = createRequire(join(directory, "package.json"));
    let file: string | null = null;
    try {
      // By its name only where it says what that is: otherwise a namesake would be found.
      file = require.resolve(described.exports === undefined ? `./${described.main ?? "index.js"}` : name);
    } catch (cause) {
      // `require` sees no package that names a file for `import` alone.
      const path = importedBy(described.exports);
      file = path === null || !existsSync(join(directory, path)) ? null : join(directory, path);
      if (file === null)
        throw invalid("has no code that can be loaded", "Build it if it is yours, or reinstall it.", cause);
    }
    return own(file);
  };
  let manifest: Manifest | null = null;
  const hashed = (): Hashes => {
    entry();
    if (described.bundleDependencies !== undefined || described.bundledDependencies !== undefined)
      throw invalid("bundles its dependencies, which cannot be recorded", "Its author names them as dependencies.");
    const files = allFiles(directory);
    if (files.length > mostFiles) throw invalid(`has more than ${mostFiles} files`, "Its author makes it smaller.");
    return Object.fromEntries(
      files.map((file) => [
        relative(directory, file).split(sep).join("/"),
        sha256(file === path ? read() : readFileSync(file)),
      ]),
    );
  };
  return {
    package: name,
    version,
    directory,
    builtIn,
    manifest: () => {
      manifest ??= parseManifest(read(), name);
      if (manifest.package === name) return manifest;
      throw invalid(
        `has a manifest that was made for ${JSON.stringify(manifest.package)}`,
        "Its author writes it anew with keywright plugin build.",
      );
    },
    entry,
    files: hashed,
  };
};

/** The nearest folder upward with a package.json, or null. */
export const projectOf = (from: string): string | null => {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (dirname(directory) === directory) return null;
  }
};

/** Where the project would find this package, or null. */
export const installedIn = (project: string, name: string): string | null => {
  for (let directory = project; ; directory = dirname(directory)) {
    const at = join(directory, "node_modules", name);
    if (existsSync(join(at, "package.json"))) return realpathSync(at);
    if (dirname(directory) === directory) return null;
  }
};
/** Names that the project itself depends on; never a dependency of a dependency. */
export const dependenciesOf = (project: string): readonly string[] => {
  const described = readPackageJson(project);
  return Object.keys({
    ...described?.dependencies,
    ...described?.devDependencies,
    ...described?.optionalDependencies,
  })
    .filter((name) => packageName.test(name))
    .toSorted();
};
/** One that cannot be read is still told of, and is in nobody's way. */
export const pluginOrBroken = (directory: string, name: string): InstalledPlugin | null => {
  const broken = (error: KeywrightError): InstalledPlugin => {
    const fail = () => {
      throw error;
    };
    return { package: name, version: "0.0.0", directory, builtIn: false, manifest: fail, entry: fail, files: fail };
  };
  try {
    const found = pluginAt(directory);
    if (!found || found.package === name) return found;
    return broken(
      new KeywrightError("plugin-invalid", `The package in ${directory} calls itself ${found.package}, not ${name}.`, {
        hint: "Depend on it under its own name.",
      }),
    );
  } catch (error) {
    if (KeywrightError.is(error)) return broken(error);
    throw error;
  }
};
export const pluginsOfProject = (project: string): InstalledPlugin[] =>
  dependenciesOf(project).flatMap((name) => {
    const at = installedIn(project, name);
    return (at === null ? null : pluginOrBroken(at, name)) ?? [];
  });
