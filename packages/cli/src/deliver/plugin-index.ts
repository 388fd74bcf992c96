/**
 * What listing needs of each plugin, remembered between runs, so that twenty plugins start as fast as one: a plugin whose
 * package.json and manifest are the files they were is not read again. It lives beside the compile cache, in a folder that
 * is its owner's alone, and a broker never looks at it.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Set by the script in bin/ once the folder has proven private. */
export const cacheFolder = (): string | null => {
  const set: unknown = (globalThis as Record<symbol, unknown>)[Symbol.for("keywright.cache")];
  return typeof set === "string" ? set : null;
};

/** Another file, or the same one written again, has another stamp; null: there is none. */
const stampOf = (path: string): string | null => {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found ? `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}` : null;
};

/** FNV-1a, which names a file well enough; loading node:crypto would cost more than the index saves. */
const nameOf = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16);
};

type Kept<T> = { readonly files: readonly (readonly [path: string, stamp: string | null])[]; readonly value: T };
export type PluginIndex<T> = {
  /** `read` names the files that its answer comes from; it runs again when one of them changed. */
  get(key: string, read: () => { readonly files: readonly string[]; readonly value: T }): T;
  save(): void;
};

/** `about` names the file. Another build of Keywright starts anew. */
export const openPluginIndex = <T>(about: string): PluginIndex<T> => {
  const folder = cacheFolder();
  const path =
    folder === null
      ? null
      : join(folder, `plugins-${nameOf(`${stampOf(fileURLToPath(import.meta.url))} ${about}`)}.json`);
  let kept: Record<string, Kept<T>> = {};
  let changed = false;
  try {
    if (path !== null) kept = JSON.parse(readFileSync(path, "utf8")) as Record<string, Kept<T>>;
  } catch {
    // Not there yet, or not whole: it is made anew.
  }
  return {
    get: (key, read) => {
      const known = Object.hasOwn(kept, key) ? kept[key] : undefined;
      if (known?.files.every(([file, stamp]) => stampOf(file) === stamp)) return known.value;
      const { files, value } = read();
      kept[key] = { files: files.map((file) => [file, stampOf(file)] as const), value };
      changed = true;
      return value;
    },
    save: () => {
      if (path === null || !changed) return;
      const draft = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
      try {
        writeFileSync(draft, JSON.stringify(kept), { mode: 0o600 });
        renameSync(draft, path);
      } catch {
        rmSync(draft, { force: true });
      }
    },
  };
};

/** A text that follows from these files and the question alone, made once. */
export const rememberedText = (files: readonly string[], question: string, make: () => string): string => {
  const index = openPluginIndex<string>(`${files.join(" ")} ${question}`);
  const text = index.get("text", () => ({ files, value: make() }));
  index.save();
  return text;
};
