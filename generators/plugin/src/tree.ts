/** Files in memory, path → text: what is there, what a template adds, and what differs at the end. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { UsageError } from "./names.ts";

export type Tree = Map<string, string>;

const passedOver = new Set(["node_modules", "dist", "generated", ".git"]);
const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter(({ name }) => !passedOver.has(name))
        .flatMap((entry) => {
          const path = join(folder, entry.name);
          if (entry.isSymbolicLink())
            throw new UsageError(`${path} is a link.`, "Put the files themselves there; nothing was written.");
          return entry.isDirectory() ? filesBelow(path) : [path];
        })
    : [];
export const readTree = (folder: string): Tree =>
  new Map(filesBelow(folder).map((path) => [relative(folder, path).split(sep).join("/"), readFileSync(path, "utf8")]));

/** `clash` says what to do about a file that is there already. */
export const addFile = (tree: Tree, path: string, text: string, clash: string): void => {
  if (tree.has(path)) throw new UsageError(`${path} is there already.`, clash);
  tree.set(path, text);
};

export type Changes = { readonly created: ReadonlyMap<string, string>; readonly edited: ReadonlyMap<string, string> };
export const changesBetween = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Changes => {
  const differing = [...after].filter(([path, text]) => before.get(path) !== text);
  return {
    created: new Map(differing.filter(([path]) => !before.has(path))),
    edited: new Map(differing.filter(([path]) => before.has(path))),
  };
};
