/** Pages of the TypeScript API: a page a package. */
import { type ApiEntry, type ApiModule, type ApiPackage, lineOf } from "./api.ts";
import { codeHtml, createAnchors, escape, headingHtml, lineHtml } from "./html.ts";
import type { Group, Page } from "./page.ts";

const apiPath = (name: string): string => `reference/api/${name.replace(/^@keywright\//, "")}.html`;
const entryHtml = (one: ApiEntry, id: string): string =>
  [
    headingHtml(3, id, `<code>${escape(one.name)}</code>`),
    ...(one.doc === "" ? [] : [`<p>${lineHtml(lineOf(one.doc), () => null)}</p>`]),
    codeHtml("ts", one.signature),
  ].join("\n");

/** What several import paths of a package export is shown once, under the first. */
const withoutTwins = (modules: readonly ApiModule[]): readonly ApiModule[] => {
  const seen = new Set<string>();
  return modules
    .map((module) => ({
      ...module,
      entries: module.entries.filter(({ name, signature }) => {
        const key = `${name} ${signature}`;
        const first = !seen.has(key);
        seen.add(key);
        return first;
      }),
    }))
    .filter(({ entries }) => entries.length > 0);
};

const pageOf = (one: ApiPackage): Page => {
  const anchor = createAnchors();
  const body = withoutTwins(one.modules).map(({ specifier, doc, entries }) =>
    [
      headingHtml(2, anchor(specifier), `<code>${escape(specifier)}</code>`),
      ...(doc === "" ? [] : [`<p>${lineHtml(lineOf(doc), () => null)}</p>`]),
      ...entries.map((entry) => entryHtml(entry, anchor(entry.name))),
    ].join("\n"),
  );
  return {
    path: apiPath(one.name),
    title: `${one.name} · TypeScript`,
    label: one.name,
    literal: true,
    what: "TypeScript",
    lead: one.description,
    body: body.join("\n"),
  };
};

/** A package that exports nothing for other programs has no page. */
export const apiPages = (
  packages: readonly ApiPackage[],
): { readonly pages: readonly Page[]; readonly group: Group } => {
  const pages = packages.filter(({ modules }) => modules.some(({ entries }) => entries.length > 0)).map(pageOf);
  return { pages, group: { title: "TypeScript", pages } };
};
