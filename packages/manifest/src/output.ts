/** The one switch of every generator: write what was computed, or compare it with what is there. */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";

export type OutputOptions = {
  /** Compare, and touch nothing. */
  readonly check: boolean;
  readonly root: string;
  /** Folders below `root` in which every file comes from this generator; others in them are stale. */
  readonly owned: readonly string[];
};
export type Change = { readonly path: string; readonly state: "stale" | "missing" | "extra" };

const compare = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => compare(a, b))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};
/** Sorted keys, so `$comment` comes first; two spaces; a newline at the end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(sorted(value), null, 2)}\n`;

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);
const unlessMissing =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if (codeOf(error) === "ENOENT") return otherwise;
    throw error;
  };

const below = (root: string, path: string): string => {
  const full = resolve(root, path);
  if (!full.startsWith(resolve(root) + sep)) throw new Error(`${path} is outside ${root}`);
  return full;
};
const filesIn = async (root: string, folder: string): Promise<string[]> => {
  const full = below(root, folder);
  const entries = await readdir(full, { recursive: true, withFileTypes: true }).catch(unlessMissing([]));
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
};

const changesOf = async (files: ReadonlyMap<string, string>, { root, owned }: OutputOptions): Promise<Change[]> => {
  const computed = await Promise.all(
    [...files].map(async ([path, text]): Promise<Change[]> => {
      const found = await readFile(below(root, path), "utf8").catch(unlessMissing(null));
      if (found === text) return [];
      return [{ path, state: found === null ? "missing" : "stale" }];
    }),
  );
  const present = await Promise.all(owned.map((folder) => filesIn(root, folder)));
  const extra = [...new Set(present.flat())].filter((path) => !files.has(path));
  return [...computed.flat(), ...extra.map((path): Change => ({ path, state: "extra" }))].toSorted((a, b) =>
    compare(a.path, b.path),
  );
};

/** Whole or not at all: a reader never meets half a file. */
const replace = async (full: string, text: string) => {
  await mkdir(dirname(full), { recursive: true });
  const draft = `${full}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await writeFile(draft, text);
    await rename(draft, full);
  } finally {
    await rm(draft, { force: true });
  }
};

/** What differs (with `check`), or what was written and removed. Files that are current are left alone. */
export const output = async (
  files: ReadonlyMap<string, string>,
  options: OutputOptions,
): Promise<readonly Change[]> => {
  const changes = await changesOf(files, options);
  if (options.check) return changes;
  for (const { path, state } of changes) {
    const full = below(options.root, path);
    if (state === "extra") await rm(full);
    else await replace(full, files.get(path) ?? "");
  }
  return changes;
};

/** One line a file, and the exit status: 1 when a check found differences. */
export const report = (changes: readonly Change[], { check }: { readonly check: boolean }) => {
  const done = { stale: "updated", missing: "created", extra: "removed" } as const;
  const lines = changes.map(({ path, state }) => `${check ? state : done[state]}  ${path}`);
  if (!check) return { lines, exit: 0 };
  return changes.length === 0
    ? { lines, exit: 0 }
    : { lines: [...lines, `${changes.length} generated files are not current: run npm run generate.`], exit: 1 };
};
