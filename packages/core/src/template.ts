/** The one grammar of spellings and permissions: literals, `{name}`, `{name:-otherwise}`, `[optional part]`. Pure, portable. */
import type { IdField, Permission, Template } from "./contract.ts";
import { KeywrightError } from "./errors.ts";

type Part =
  | string
  | { readonly name: string; readonly otherwise: string | undefined }
  | { readonly optional: readonly Part[] };
export type Values = Readonly<Record<string, string | undefined>>;

const parsed = new Map<Template, readonly Part[]>();
const parse = (template: Template): readonly Part[] => {
  const known = parsed.get(template);
  if (known) return known;
  const parts = (template.match(/\{[^}]+\}|\[[^\]]*\]|[^{[]+/g) ?? []).map((part): Part => {
    if (part.startsWith("[")) return { optional: parse(part.slice(1, -1)) };
    if (!part.startsWith("{")) return part;
    const [name = "", otherwise] = part.slice(1, -1).split(":-");
    return { name, otherwise };
  });
  parsed.set(template, parts);
  return parts;
};

const namesOf = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) => (typeof part === "string" ? [] : "name" in part ? [part.name] : namesOf(part.optional)));
export const namesIn = (template: Template): string[] => namesOf(parse(template));
/** Names that stand inside brackets: they may be absent. */
export const bracketedIn = (template: Template): string[] =>
  parse(template).flatMap((part) => (typeof part === "object" && "optional" in part ? namesOf(part.optional) : []));

const text = (parts: readonly Part[], values: Values, template: Template): string =>
  parts
    .map((part) => {
      if (typeof part === "string") return part;
      if ("optional" in part) {
        const names = namesOf(part.optional);
        return names.length > 0 && names.every((name) => values[name] !== undefined)
          ? text(part.optional, values, template)
          : "";
      }
      const value = values[part.name] ?? part.otherwise;
      if (value === undefined) {
        throw new KeywrightError("config-invalid", `No value for {${part.name}} in ${template}.`, {
          hint: `Set ${part.name} in the connector's configuration, or verify the connector first so that it is known.`,
        });
      }
      return value;
    })
    .join("");
export const render = (template: Template, values: Values): string => text(parse(template), values, template);

type Fields = Readonly<Record<string, IdField>>;
const patterns = new WeakMap<Fields, Map<Template, RegExp>>();
const patternOf = (template: Template, fields: Fields): RegExp => {
  const known = patterns.get(fields) ?? new Map<Template, RegExp>();
  patterns.set(fields, known);
  const found = known.get(template);
  if (found) return found;
  const source = (part: Part): string => {
    if (typeof part === "string") return part.replaceAll(/[.*+?^$()|\\\]{}/]/g, String.raw`\$&`);
    if ("optional" in part) return `(?:${part.optional.map(source).join("")})?`;
    const field = fields[part.name];
    const inner = field?.pattern ?? "[^/]+";
    // Node 22 has no inline case flags, so a case-blind field lists both cases of each letter.
    return `(?<${part.name}>${field?.ignoreCase ? caseBlind(inner) : inner})`;
  };
  const made = new RegExp(`^${parse(template).map(source).join("")}$`);
  known.set(template, made);
  return made;
};
const caseBlind = (pattern: string): string =>
  pattern
    .replaceAll("a-z", "a-zA-Z")
    .replaceAll(/(?<![\\A-Za-z-])([a-z])(?![A-Za-z-])/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

export const match = (template: Template, fields: Fields, spelled: string): Record<string, string> | null => {
  const found = patternOf(template, fields).exec(spelled);
  if (!found) return null;
  return Object.fromEntries(
    Object.entries(found.groups ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, fields[name]?.ignoreCase ? value.toLowerCase() : value]],
    ),
  );
};

/** Rows with every name filled in; a condition that comes out empty is left out. */
export const fill = (rows: readonly Permission[], values: Values): Permission[] =>
  rows.map(({ actions, on, where }) => {
    const kept = Object.entries(where ?? {})
      .map(([key, template]) => [key, render(template, values)] as const)
      .filter(([, value]) => value !== "");
    return { actions, on: render(on, values), ...(kept.length > 0 && { where: Object.fromEntries(kept) }) };
  });
