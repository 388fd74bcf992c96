/** A tree that prints as XML: arrays repeat their element, undefined values are left out. */
export type XmlTree = string | number | boolean | Date | undefined | XmlTree[] | { [name: string]: XmlTree };

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;" };
const escape = (text: string): string => text.replace(/[&<>"\r]/g, (char) => ENTITIES[char] ?? char);

const element = (name: string, value: XmlTree): string => {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((item) => element(name, item)).join("");
  // Names may carry attributes ("ListBucketResult xmlns=…"); the closing tag does not.
  return `<${name}>${content(value)}</${name.split(" ")[0]}>`;
};

const content = (value: XmlTree): string => {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && !Array.isArray(value)) {
    return Object.entries(value)
      .map(([name, child]) => element(name, child))
      .join("");
  }
  return escape(String(value));
};

export const xml = (root: Record<string, XmlTree>): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${content(root)}`;

const UNESCAPE: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&" };

/** The text of every `<name>` in a document: enough for the two request bodies that S3 sends. */
export const textsOf = (document: string, name: string): string[] =>
  Array.from(document.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g")), (match) =>
    (match[1] ?? "")
      .replace(/&#(x?)([0-9a-fA-F]+);/g, (_, hex: string, code: string) =>
        String.fromCodePoint(Number.parseInt(code, hex ? 16 : 10)),
      )
      .replace(/&(lt|gt|quot|apos|amp);/g, (entity) => UNESCAPE[entity] ?? entity),
  );
