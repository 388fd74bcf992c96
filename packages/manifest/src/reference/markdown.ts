/** Sections → markdown. Whatever a plugin wrote comes out as text: it opens no tag, link, table or heading. */
import type { Block, Inline, Line, Section } from "./document.ts";

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");
/** Punctuation that means something is escaped, and so are addresses, which renderers turn into links by themselves. */
const plain = (text: string): string =>
  oneLine(text)
    .replaceAll(/[\\`*_[\]<>|&#~$@]/g, String.raw`\$&`)
    .replaceAll("://", String.raw`\://`)
    .replaceAll(/www\./gi, (found) => `${found.slice(0, -1)}\\.`)
    .replaceAll(/^(\s*)([-+=]|\d+[.)])/g, String.raw`$1\$2`);
const entity = (character: string): string => `&#${character.codePointAt(0) ?? 63};`;
/** A code span cannot hold a pipe in a table, nor end in a backtick everywhere: such a literal is written in entities. */
const literal = (text: string): string => {
  const line = oneLine(text);
  return /^[^`|\\]*[^`|\\ ][^`|\\]*$/.test(line) && line.trim() === line
    ? `\`${line}\``
    : `<code>${line.replaceAll(/[^\w -]|_/gu, entity)}</code>`;
};

type Resolve = (to: string) => string | null;
const inline = (one: Inline, resolve: Resolve): string => {
  if (typeof one === "string") return plain(one);
  if ("strong" in one) return `**${plain(one.strong)}**`;
  const href = "to" in one ? resolve(one.to) : null;
  return href === null ? literal(one.code) : `[${literal(one.code)}](${href})`;
};
const written = (line: Line, resolve: Resolve): string => line.map((one) => inline(one, resolve)).join("");

/** Longer than any run of backticks inside. */
const fence = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return "`".repeat(longest + 1);
};
const blockOf = (block: Block, level: number, resolve: Resolve): string => {
  if (block.kind === "text") return written(block.line, resolve);
  if (block.kind === "heading") return `${"#".repeat(level + block.depth)} ${plain(block.text)}`;
  if (block.kind === "list") return block.lines.map((line) => `- ${written(line, resolve)}`).join("\n");
  if (block.kind === "code") {
    const marks = fence(block.text);
    return `${marks}${block.language}\n${block.text}\n${marks}`;
  }
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    row(block.head.map(plain)),
    row(block.head.map(() => "---")),
    ...block.rows.map(({ cells }) => row(cells.map((line) => written(line, resolve)))),
  ].join("\n");
};

/** As repository hosts name the anchor of a heading. */
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
const headingText = ({ what, name, title }: Section): string => oneLine(`${what} ${name}: ${title}`);
/** Section id → anchor; headings that read alike are numbered. */
const anchorsOf = (sections: readonly Section[]): ReadonlyMap<string, string> => {
  const seen = new Map<string, number>();
  return new Map(
    sections.map((one) => {
      const base = slug(headingText(one));
      const count = seen.get(base) ?? 0;
      seen.set(base, count + 1);
      return [one.id, `#${base}${count === 0 ? "" : `-${count}`}`];
    }),
  );
};

export const markdownOf = (
  { title, command, intro }: { readonly title: string; readonly command: string; readonly intro: Line },
  sections: readonly Section[],
): string => {
  const anchors = anchorsOf(sections);
  const resolve: Resolve = (to) =>
    to.startsWith("schema/")
      ? `schemas/${encodeURIComponent(to.slice("schema/".length))}.json`
      : (anchors.get(to) ?? null);
  const parts = sections.flatMap((section) => [
    `${"#".repeat(section.level)} ${plain(section.what)} ${literal(section.name)}: ${plain(section.title)}`,
    ...(section.description === "" ? [] : [plain(section.description)]),
    ...section.blocks.map((block) => blockOf(block, section.level, resolve)),
  ]);
  return `${[`<!-- Written by \`${command}\`; do not edit. -->`, `# ${plain(title)}`, written(intro, resolve), ...parts].join("\n\n")}\n`;
};
