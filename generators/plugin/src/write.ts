/** Writes what was computed: a new folder appears whole or not at all; edits of a folder are undone when one fails. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Changes } from "./tree.ts";

const put = (root: string, path: string, text: string) => {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  const draft = `${full}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, full);
  } finally {
    rmSync(draft, { force: true });
  }
};

export const writeNew = (folder: string, files: ReadonlyMap<string, string>): void => {
  // What may be there already (a .git folder) stays; then the files go in one by one.
  if (existsSync(folder) && readdirSync(folder).length > 0)
    return writeInto(folder, { created: files, edited: new Map() }, new Map());
  const draft = `${folder}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    for (const [path, text] of files) put(draft, path, text);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
};

/** `before`: the text of each file that is edited. New files first, so that no edit names one that is missing. */
export const writeInto = (folder: string, { created, edited }: Changes, before: ReadonlyMap<string, string>): void => {
  const done: string[] = [];
  try {
    for (const [path, text] of [...created, ...edited]) {
      put(folder, path, text);
      done.push(path);
    }
  } catch (error) {
    for (const path of done.toReversed()) {
      const was = before.get(path);
      if (was === undefined) rmSync(join(folder, path), { force: true });
      else put(folder, path, was);
    }
    throw error;
  }
};
