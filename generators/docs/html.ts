/** Blocks of a reference → HTML. The one place where text becomes markup: everything is escaped here. */
import type { Block, Inline, Line } from "@keywright/manifest/reference";
import { highlighted } from "./highlight.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => entities[one] ?? one);
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");

/** Where a section id leads, as seen from the page being written; null: no such page, so it is text. */
export type Resolve = (to: string) => string | null;

/** A short literal stays whole; a long one breaks after separators, so that ARNs and patterns do not stretch a page. */
const literal = (text: string): string =>
  text.length <= 28
    ? `<code class="short">${escape(text)}</code>`
    : `<code>${escape(text).replaceAll(/([/,:._|-])(?=[\w{[(])/g, "$1<wbr>")}</code>`;
const inline = (one: Inline, resolve: Resolve): string => {
  if (typeof one === "string") return escape(one);
  if ("strong" in one) return `<strong>${escape(one.strong)}</strong>`;
  const href = "to" in one ? resolve(one.to) : null;
  return href === null ? literal(one.code) : `<a href="${escape(href)}">${literal(one.code)}</a>`;
};
export const lineHtml = (line: Line, resolve: Resolve): string => line.map((one) => inline(one, resolve)).join("");

export const headingHtml = (level: number, id: string, inner: string): string =>
  `<h${level} id="${escape(id)}">${inner}<a class="anchor" href="#${escape(id)}" aria-label="Link to this section">#</a></h${level}>`;
export const codeHtml = (language: string, text: string): string => {
  const { html, copied } = highlighted(language, text);
  const other = copied === text ? "" : ` data-copy="${escape(copied)}"`;
  return `<div class="code"><pre tabindex="0"><code class="language-${escape(language)}">${html}</code></pre><button type="button" class="copy"${other}>Copy</button></div>`;
};
/** On a phone the rows of a wide table become blocks, whose cells say what they are. */
const wide = 5;
export const tableHtml = (head: readonly string[], rows: readonly string[]): string =>
  `<div class="table${head.length >= wide ? " wide" : ""}" tabindex="0" role="region" aria-label="${escape(head.join(", "))}"><table><thead><tr>${head
    .map((one) => `<th scope="col">${escape(one)}</th>`)
    .join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;

/** Anchors are unique in a page: what is met again is numbered. */
export const createAnchors = () => {
  const seen = new Map<string, number>();
  return (wanted: string): string => {
    const base = wanted === "" ? "section" : wanted;
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return count === 0 ? base : `${base}-${count + 1}`;
  };
};

export const blocksHtml = (blocks: readonly Block[], resolve: Resolve, anchor = createAnchors()): string => {
  let above = "";
  return blocks
    .map((block) => {
      if (block.kind === "text") return `<p>${lineHtml(block.line, resolve)}</p>`;
      if (block.kind === "code") return codeHtml(block.language, block.text);
      if (block.kind === "list")
        return `<ul>${block.lines.map((line) => `<li>${lineHtml(line, resolve)}</li>`).join("")}</ul>`;
      if (block.kind === "heading") {
        const own = slug(block.text);
        if (block.depth === 1) above = own;
        const id = anchor(block.depth === 1 ? own : `${above}-${own}`);
        return headingHtml(block.depth + 1, id, escape(block.text));
      }
      const row = (cells: readonly Line[]) =>
        cells
          .map((line, index) => `<td data-label="${escape(block.head[index] ?? "")}">${lineHtml(line, resolve)}</td>`)
          .join("");
      return tableHtml(
        block.head,
        block.rows.map(({ anchor: wanted, cells }) =>
          wanted === undefined ? `<tr>${row(cells)}</tr>` : `<tr id="${escape(anchor(wanted))}">${row(cells)}</tr>`,
        ),
      );
    })
    .join("\n");
};
