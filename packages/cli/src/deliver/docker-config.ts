/** The `credHelpers` of a docker `config.json`, as text, so that nothing else in it moves. */
import { KeywrightError } from "@keywright/core/errors";
import type { Edit } from "./edits.ts";

/** docker runs `docker-credential-keywright`. */
export const dockerSuffix = "keywright";
type Config = Record<string, unknown> & { credHelpers?: Record<string, string> };

const parse = (text: string): Config => {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Config;
  } catch {
    // Said below.
  }
  throw new KeywrightError("conflict", "The docker config.json is not a JSON object.", {
    hint: "Mend it by hand. Nothing was changed.",
  });
};

export const helperIn = (text: string, host: string): "ours" | "foreign" | null => {
  const { credHelpers } = parse(text);
  if (!credHelpers || !Object.hasOwn(credHelpers, host)) return null;
  return credHelpers[host] === dockerSuffix ? "ours" : "foreign";
};

/** Index after the `{` of a top-level key's object, or of the document where `key` is null. */
const insideOf = (text: string, key: string | null): number => {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const from = at;
      for (at++; text[at] !== '"'; at++) if (text[at] === "\\") at++;
      if (depth !== 1 || key === null || JSON.parse(text.slice(from, at + 1)) !== key) continue;
      const value = /^\s*:\s*\{/.exec(text.slice(at + 1));
      if (value) return at + 1 + value[0].length;
    } else if (char === "{" || char === "[") {
      depth++;
      if (key === null) return at + 1;
    } else if (char === "}" || char === "]") depth--;
  }
  return -1;
};

/** Indent of one level, or null for a document on one line. */
const indentOf = (text: string): string | null => /\n([ \t]+)"/.exec(text)?.[1] ?? (text.includes("\n") ? "\t" : null);

export const addHelper = (text: string, host: string): Edit[] => {
  const config = parse(text);
  const indent = indentOf(text);
  const line = (depth: number) => (indent === null ? "" : `\n${indent.repeat(depth)}`);
  const space = indent === null ? "" : " ";
  const entry = `${JSON.stringify(host)}:${space}${JSON.stringify(dockerSuffix)}`;
  const inner = config.credHelpers;
  if (inner === undefined) {
    const last = Object.keys(config).length === 0;
    const block = `"credHelpers":${space}{${line(2)}${entry}${line(1)}}`;
    return [{ at: insideOf(text, null), removed: "", inserted: `${line(1)}${block}${last ? "" : ","}` }];
  }
  const at = insideOf(text, "credHelpers");
  if (at < 0)
    throw new KeywrightError("conflict", "credHelpers of the docker config.json is no object.", {
      hint: "Mend it by hand. Nothing was changed.",
    });
  const empty = Object.keys(inner).length === 0;
  const closes = empty && !/^\s*\n/.test(text.slice(at)) ? line(1) : "";
  return [{ at, removed: "", inserted: `${line(2)}${entry}${empty ? closes : ","}` }];
};

/** By its name, where the file was changed since: the rest keeps its order and indentation. */
export const removeHelper = (text: string, host: string, emptied: boolean): string | null => {
  if (helperIn(text, host) !== "ours") return null;
  const { credHelpers, ...rest } = parse(text);
  const others = Object.fromEntries(Object.entries(credHelpers ?? {}).filter(([key]) => key !== host));
  const config = parse(text);
  const next =
    emptied && Object.keys(others).length === 0
      ? rest
      : Object.fromEntries(Object.entries(config).map(([key, value]) => [key, key === "credHelpers" ? others : value]));
  return JSON.stringify(next, null, indentOf(text) ?? undefined) + (text.endsWith("\n") ? "\n" : "");
};

/** Settings for a child: everything but credentials written into the file, and our helper for one registry. */
export const dockerConfigFor = (text: string | null, host: string, suffix: string): string => {
  const config = text === null ? {} : parse(text);
  const { auths: _auths, credHelpers, ...rest } = config as Config & { auths?: unknown };
  return `${JSON.stringify({ ...rest, credHelpers: { ...credHelpers, [host]: suffix } }, null, "\t")}\n`;
};
