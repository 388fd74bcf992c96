/**
 * `keywright-lock.json`: the plugins that may run, with a hash of every file they ship. It stands beside the project's
 * package.json to be read and reviewed; where there is no project, in the state folder. The state keeps the same, so that
 * helpers know it from any directory.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { KeywrightError } from "@keywright/core";
import type { Hashes } from "./plugin-package.ts";
import { integrityOf, packageName } from "./plugin-package.ts";

export const lockFile = "keywright-lock.json";
export const lockVersion = 1;
export type Locked = {
  readonly version: string;
  /** Of all files together; absent: its files are not checked, because its author works on it. */
  readonly integrity?: string;
  readonly files?: Hashes;
  /** What it brings, so that a reviewer sees it. */
  readonly brings: readonly string[];
};
export type Lock = Readonly<Record<string, Locked>>;

const invalid = (path: string, what: string, cause?: unknown) =>
  new KeywrightError("plugin-invalid", `${path} ${what}.`, {
    hint: "Restore it from version control, or remove it and enable the plugins again: keywright plugin add PACKAGE.",
    cause,
  });
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isHash = (value: unknown): value is string => typeof value === "string" && /^sha256-[\w+/]{43}=$/.test(value);
const isHashes = (value: unknown): value is Hashes => isObject(value) && Object.values(value).every(isHash);

const entryIn = (path: string, name: string, value: unknown): Locked => {
  if (!packageName.test(name)) throw invalid(path, `names ${JSON.stringify(name.slice(0, 80))}, which is no package`);
  if (!isObject(value) || typeof value["version"] !== "string") throw invalid(path, `has no version of ${name}`);
  const { version, integrity, files, brings } = value;
  const listed = Array.isArray(brings) ? brings.filter((one) => typeof one === "string") : [];
  if (integrity === undefined && files === undefined) return { version, brings: listed };
  if (!isHash(integrity) || !isHashes(files)) throw invalid(path, `has no hashes of the files of ${name}`);
  if (integrityOf(files) !== integrity)
    throw invalid(path, `contradicts itself: the files of ${name} do not add up to its integrity`);
  return { version, integrity, files, brings: listed };
};

/** Null: there is none. */
export const readLock = (path: string): Lock | null => {
  if (!existsSync(path)) return null;
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw invalid(path, `cannot be read: ${(cause as Error).message}`, cause);
  }
  if (!isObject(parsed)) throw invalid(path, "is no lock of plugins");
  if (parsed["lockVersion"] !== lockVersion)
    throw new KeywrightError(
      "plugin-incompatible",
      `${path} is of lock version ${String(parsed["lockVersion"])}; this Keywright knows ${lockVersion}.`,
      { hint: "Upgrade keywright." },
    );
  const { plugins } = parsed;
  if (!isObject(plugins)) throw invalid(path, "has no plugins");
  return Object.fromEntries(Object.entries(plugins).map(([name, value]) => [name, entryIn(path, name, value)]));
};

const inOrder = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
/** The packaged schema, where the project itself installs Keywright, so that editors explain the file. */
const schemaIn = (project: string) => {
  const path = "./node_modules/keywright/schemas/keywright-lock.json";
  return existsSync(join(project, path)) ? { $schema: path } : {};
};
/** Whole or not at all: a reader never meets half a file. */
export const writeLock = (directory: string, lock: Lock): void => {
  const text = JSON.stringify(
    {
      ...schemaIn(directory),
      lockVersion,
      plugins: inOrder(
        Object.fromEntries(
          Object.entries(lock).map(([name, { version, brings, integrity, files }]) => [
            name,
            { version, brings, ...(integrity !== undefined && { integrity }), ...(files && { files: inOrder(files) }) },
          ]),
        ),
      ),
    },
    null,
    2,
  );
  const path = join(directory, lockFile);
  const draft = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    writeFileSync(draft, `${text}\n`, { flag: "wx" });
    renameSync(draft, path);
  } catch (cause) {
    throw new KeywrightError("state-unavailable", `${path} cannot be written: ${(cause as Error).message}.`, {
      hint: "Nothing was changed. Make the folder yours to write.",
      cause,
    });
  } finally {
    rmSync(draft, { force: true });
  }
};

export type Difference = { readonly file: string; readonly how: "changed" | "missing" | "added" };
/** Files of `found` that are not what `recorded` says. */
export const differences = (recorded: Hashes, found: Hashes): Difference[] =>
  [...new Set([...Object.keys(recorded), ...Object.keys(found)])].toSorted().flatMap((file): Difference[] => {
    if (recorded[file] === found[file]) return [];
    if (found[file] === undefined) return [{ file, how: "missing" }];
    return [{ file, how: recorded[file] === undefined ? "added" : "changed" }];
  });
/** `dist/index.js changed, dist/extra.js added and 3 more`. */
export const named = (found: readonly Difference[]): string => {
  const shown = found.slice(0, 4).map(({ file, how }) => `${file} ${how}`);
  const more = found.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};
