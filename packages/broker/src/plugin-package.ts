/** A plugin as it lies on the disk: found from package.json files alone, its manifest, and a hash of every file that it ships. */
import { createHash } from "node:crypto";
import { existsSync, globSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
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
  readonly files?: readonly string[];
  readonly exports?: unknown;
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

/** Nobody ships these, and a folder that is worked in has them. */
const passedOver = (name: string) => name === "node_modules" || name.startsWith(".");
const mostFiles = 5_000;
const filesBelow = (directory: string): string[] => {
  if (!lstatSync(directory).isDirectory()) {
    if (!statSync(directory).isDirectory()) return [directory];
    // npm packs no links, and one may lead anywhere.
    throw new KeywrightError("plugin-invalid", `${directory} is a link to a folder, whose files cannot be recorded.`, {
      hint: "Put the files themselves there.",
    });
  }
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !passedOver(name))
    .flatMap((entry) => filesBelow(join(directory, entry.name)));
};
/** What npm would pack, by the `files` of its package.json, with the manifest and the entry. */
const shippedBy = (directory: string, described: PackageJson, always: readonly string[]): readonly string[] => {
  const named =
    described.files === undefined
      ? [directory]
      : globSync([...described.files], { cwd: directory }).map((path) => join(directory, path));
  const outside = named.find((path) => relative(directory, path).startsWith(".."));
  if (outside !== undefined)
    throw new KeywrightError(
      "plugin-invalid",
      `${described.name ?? directory} names ${outside} in its "files", outside its own folder.`,
      {
        hint: "Do not use it, and tell its author.",
      },
    );
  const found = [...named.filter((path) => existsSync(path)).flatMap(filesBelow), ...always];
  return [...new Set(found)].toSorted();
};

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
  const path = join(directory, described.keywright.manifest ?? "generated/manifest.json");
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
  const entry = () => {
    try {
      return createRequire(join(directory, "package.json")).resolve(name);
    } catch (cause) {
      // `require` sees no package that names a file for `import` alone.
      const path = importedBy(described.exports);
      const file = path === null ? null : join(directory, path);
      if (file !== null && existsSync(file) && !relative(directory, file).startsWith("..")) return file;
      throw invalid("has no code that can be loaded", "Build it if it is yours, or reinstall it.", cause);
    }
  };
  let manifest: Manifest | null = null;
  const hashed = (): Hashes => {
    const files = shippedBy(directory, described, [join(directory, "package.json"), path, entry()]);
    if (files.length > mostFiles)
      throw invalid(`ships more than ${mostFiles} files`, 'Its author narrows "files" in package.json.');
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
  }).toSorted();
};
export const pluginsOfProject = (project: string): InstalledPlugin[] =>
  dependenciesOf(project).flatMap((name) => {
    const at = installedIn(project, name);
    return (at === null ? null : pluginAt(at)) ?? [];
  });
