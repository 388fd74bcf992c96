/** The templates: real plugins, type-checked and tested where they lie, renamed word by word. */
import { join } from "node:path";
import { renaming } from "./names.ts";
import type { Kind } from "./request.ts";
import { readTree, type Tree } from "./tree.ts";

export const templateFolder = join(import.meta.dirname, "..", "templates");
export type TemplateName = Exclude<Kind, "auth-method" | "resource-type">;

/** `words`: word of the template → id. */
export const template = (name: TemplateName, words: Readonly<Record<string, string>>): Tree => {
  const rename = renaming(words);
  return new Map([...readTree(join(templateFolder, name))].map(([path, text]) => [rename(path), rename(text)]));
};
