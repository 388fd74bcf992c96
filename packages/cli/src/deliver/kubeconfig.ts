/** Entries of a kubeconfig, put in as text at the right places, so that comments, order and quoting of the rest stay. */
import { KeywrightError } from "@keywright/core/errors";
import type { kubeconfigEntries } from "@keywright/credentials/render";
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { applyEdits, type Edit } from "./edits.ts";

export type Entries = ReturnType<typeof kubeconfigEntries>;
const lists = ["clusters", "contexts", "users"] as const;
export const emptyKubeconfig = "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n";

const parse = (text: string): Document.Parsed => {
  const [document, second] = parseAllDocuments(text.trim() === "" ? emptyKubeconfig : text) as Document.Parsed[];
  const wrong =
    document?.errors[0]?.message ??
    (second ? "it holds several documents" : !document || !isMap(document.contents) ? "it is no map" : null);
  if (wrong !== null || !document) {
    throw new KeywrightError("conflict", `The kubeconfig cannot be read: ${(wrong ?? "").split("\n")[0]}.`, {
      hint: "Mend it by hand. Nothing was changed.",
    });
  }
  return document;
};
type Named = { readonly name?: string };
const listOf = (document: Document.Parsed, key: string): readonly Named[] => {
  const value = (document.toJS() as Record<string, unknown>)[key];
  return Array.isArray(value) ? (value as Named[]) : [];
};
type User = Named & { readonly user?: { readonly exec?: { readonly args?: readonly string[] } } };

/** What already stands under a name: ours asks us for its credential. */
export const entryIn = (text: string, name: string): "ours" | "foreign" | null => {
  const document = parse(text);
  const there = lists.filter((key) => listOf(document, key).some((one) => one.name === name));
  if (there.length === 0) return null;
  const user = (listOf(document, "users") as readonly User[]).find((one) => one.name === name);
  return user?.user?.exec?.args?.includes("kubernetes-exec") ? "ours" : "foreign";
};

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf("\n", at - 1) + 1);
const itemOf = (entry: object, column: number): string =>
  stringify([entry], { lineWidth: 0 }).replaceAll(/^(?=.)/gm, " ".repeat(column));

const intoList = (text: string, contents: YAMLMap, key: string, entry: object): Edit => {
  const pair = contents.items.find(({ key: name }) => isScalar(name) && name.value === key);
  if (!pair) {
    if (contents.flow) {
      const last = contents.range?.[1] ?? text.length;
      const close = text.lastIndexOf("}", last);
      return {
        at: close,
        removed: "",
        inserted: `${contents.items.length > 0 ? ", " : ""}${JSON.stringify(key)}: ${JSON.stringify([entry])}`,
      };
    }
    return {
      at: text.length,
      removed: "",
      inserted: `${text === "" || text.endsWith("\n") ? "" : "\n"}${key}:\n${itemOf(entry, 0)}`,
    };
  }
  const value = pair.value as YAMLSeq | Scalar | null;
  if (isSeq(value) && value.items.length > 0) {
    const last = value.items.at(-1) as { readonly range?: readonly [number, number, number] };
    if (value.flow) return { at: last.range?.[1] ?? 0, removed: "", inserted: `, ${JSON.stringify(entry)}` };
    // After the value of the last item, before any comment that follows it.
    const ends = last.range?.[1] ?? 0;
    const line = text.indexOf("\n", text[ends - 1] === "\n" ? ends - 1 : ends);
    const at = line < 0 ? text.length : line + 1;
    const column = columnOf(text, value.range?.[0] ?? 0);
    return { at, removed: "", inserted: `${line < 0 ? "\n" : ""}${itemOf(entry, column)}` };
  }
  // `[]`, `null` or nothing at all.
  const [from, to] = value?.range ?? [0, 0];
  if (contents.flow) return { at: from, removed: text.slice(from, to), inserted: JSON.stringify([entry]) };
  const rest = itemOf(entry, 0).replace(/\n$/, "");
  return { at: from, removed: text.slice(from, to), inserted: `\n${rest}` };
};

const hasAll = (text: string, name: string): boolean => {
  try {
    const document = parse(text);
    return lists.every((key) => listOf(document, key).filter((one) => one.name === name).length === 1);
  } catch {
    return false;
  }
};

/** The new context becomes the current one only where there is none. Null: only a rewrite of the whole file can do it. */
export const addEntries = (text: string, entries: Entries): Edit[] | null => {
  const document = parse(text);
  const contents = document.contents as unknown as YAMLMap;
  const edits: Edit[] = lists.map((key) => intoList(text, contents, key, entries[key]));
  const { name } = entries.contexts;
  const current = contents.items.find(({ key }) => isScalar(key) && key.value === "current-context");
  const value = current?.value as Scalar | null | undefined;
  if (current && isScalar(value) && (value.value === "" || value.value === null)) {
    const [from, to] = value.range ?? [0, 0];
    edits.push({ at: from, removed: text.slice(from, to), inserted: `${text[from - 1] === ":" ? " " : ""}${name}` });
  } else if (!current && !contents.flow) {
    edits.push({
      at: text.length,
      removed: "",
      inserted: `${text === "" || text.endsWith("\n") ? "" : "\n"}current-context: ${name}\n`,
    });
  }
  const ordered = edits.toSorted((a, b) => a.at - b.at);
  // Several at one place (new keys at the end) become one.
  const merged: Edit[] = [];
  for (const edit of ordered) {
    const before = merged.at(-1);
    if (before && before.at === edit.at)
      merged[merged.length - 1] = { ...before, inserted: before.inserted + edit.inserted.replace(/^\n(?=\S)/, "") };
    else merged.push(edit);
  }
  return hasAll(applyEdits(text, merged), name) ? merged : null;
};

/** The same through the document model: the layout may change, comments and content stay. */
export const rewriteWith = (text: string, entries: Entries): string => {
  const document = parse(text);
  for (const key of lists) {
    if (!isSeq(document.get(key))) document.set(key, document.createNode([]));
    document.addIn([key], document.createNode(entries[key]));
  }
  if (!document.get("current-context")) document.set("current-context", entries.contexts.name);
  return document.toString({ lineWidth: 0 });
};

/** By name, where the file was changed since; null: it is not there any more, or not ours. */
export const removeEntries = (text: string, name: string): string | null => {
  if (entryIn(text, name) !== "ours") return null;
  const document = parse(text);
  for (const key of lists) {
    const list = document.get(key);
    if (!isSeq(list)) continue;
    const index = list.items.findIndex((item) => isMap(item) && item.get("name") === name);
    if (index >= 0) list.delete(index);
  }
  if (document.get("current-context") === name) document.delete("current-context");
  return document.toString({ lineWidth: 0 });
};

export const isEmptyKubeconfig = (text: string): boolean => {
  const document = parse(text);
  return (
    lists.every((key) => listOf(document, key).length === 0) &&
    Object.keys(document.toJS() as object).every((key) =>
      ["apiVersion", "kind", "preferences", "current-context", ...lists].includes(key),
    )
  );
};
