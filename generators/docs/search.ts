/** The search index: a document a page, and one a section of it, cut out of the finished HTML. */
import MiniSearch from "minisearch";
import { HTMLElement, parse } from "node-html-parser";
import { fieldBoosts, type Found, searchOptions } from "./client/search-options.ts";
import type { Page } from "./page.ts";

type Document = Found & { readonly keywords: string; readonly text: string };

/** Code inside `pre` is markup like any other, which the parser would leave alone. */
export const parsed = (html: string): HTMLElement => parse(html, { blockTextElements: { script: true, style: true } });

const textOf = (node: HTMLElement): string => node.textContent.replaceAll(/\s+/g, " ").trim();
const namesIn = (nodes: readonly HTMLElement[]): string =>
  nodes
    .flatMap((node) => node.querySelectorAll("td:first-child code, h3 code, .links code"))
    .map(textOf)
    .join(" ");

const documentsOf = (page: Page): readonly Document[] => {
  const body = parsed(page.body);
  for (const extra of body.querySelectorAll("a.anchor, button")) extra.remove();
  const sections: { id: string; heading: string; nodes: HTMLElement[] }[] = [{ id: "", heading: "", nodes: [] }];
  for (const node of body.childNodes) {
    if (!(node instanceof HTMLElement)) continue;
    if (node.tagName === "H2") sections.push({ id: node.getAttribute("id") ?? "", heading: textOf(node), nodes: [] });
    else sections.at(-1)?.nodes.push(node);
  }
  return sections.map(({ id, heading, nodes }) => ({
    url: id === "" ? page.path : `${page.path}#${id}`,
    title: page.label === "Home" ? page.title : page.label,
    heading,
    what: page.what,
    keywords: `${id === "" ? page.lead : ""} ${namesIn(nodes)}`.trim(),
    text: nodes.map(textOf).join(" ").slice(0, 4000),
  }));
};

/** Runs as a script, because a page that was opened from a folder may not fetch. */
export const searchScript = (pages: readonly Page[]): string => {
  const index = new MiniSearch<Document & { readonly id: number }>(searchOptions);
  index.addAll(pages.flatMap(documentsOf).map((one, id) => ({ id, ...one })));
  return `globalThis.keywrightIndex=${JSON.stringify(JSON.stringify(index)).replaceAll("</", String.raw`<\/`)};\n`;
};
/** The same question as the page asks, for tests. */
export const searchIn = (script: string, question: string): readonly Found[] => {
  const json = JSON.parse(script.slice(script.indexOf("=") + 1, script.lastIndexOf(";"))) as string;
  return MiniSearch.loadJSON(json, searchOptions).search(question, fieldBoosts) as unknown as readonly Found[];
};
