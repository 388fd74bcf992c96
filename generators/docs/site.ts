/** Everything that the site is made of → path and text of every file of it. Pure: the same inputs give the same bytes. */
import type { Command } from "../../packages/cli/src/command-table.ts";
import type { ApiPackage } from "./api.ts";
import { apiPages } from "./api-pages.ts";
import { commandPages } from "./command-pages.ts";
import { errorPage } from "./error-pages.ts";
import { blocksHtml } from "./html.ts";
import { framed, type Group, keySvg, type Page } from "./page.ts";
import { linkList, referencePages, sectionPaths } from "./reference-pages.ts";
import type { LoadedPlugin } from "./references.ts";
import { schemaFiles, schemaPage } from "./schema-pages.ts";
import { searchScript } from "./search.ts";
import { type Written, writtenPages, writtenPaths } from "./written-pages.ts";

export type SiteInputs = {
  readonly plugins: readonly LoadedPlugin[];
  readonly commands: readonly Command[];
  readonly packages: readonly ApiPackage[];
  readonly written: Written;
  /** Name below `assets/` → text. */
  readonly assets: ReadonlyMap<string, string>;
};

const indexPath = "reference/index.html";
const indexOf = (groups: readonly Group[]): Page => {
  const flat = (group: Group): readonly Group[] => [group, ...(group.groups ?? []).flatMap(flat)];
  return {
    path: indexPath,
    title: "Reference",
    label: "Overview",
    what: "",
    lead: "Made from the plugins' manifests, the command table and the sources, so it says what the code does.",
    body: groups
      .flatMap(flat)
      .map(
        ({ title, pages }) =>
          blocksHtml([{ kind: "heading", depth: 1, text: title }], () => null) + linkList(indexPath, pages),
      )
      .join("\n"),
  };
};

export const siteOf = ({ plugins, commands, packages, written, assets }: SiteInputs): ReadonlyMap<string, string> => {
  const schemas = schemaFiles(plugins);
  const cli = commandPages(commands);
  const api = apiPages(packages);
  const general = [errorPage, schemaPage(plugins)];
  const known = new Set([
    indexPath,
    ...writtenPaths,
    ...sectionPaths(plugins),
    ...schemas.keys(),
    ...[...cli.pages, ...api.pages, ...general].map(({ path }) => path),
  ]);
  const reference = referencePages(plugins, known);
  const hand = writtenPages(written, known);
  const parts: readonly Group[] = [
    ...reference.groups,
    cli.group,
    api.group,
    { title: "Errors and schemas", pages: general },
  ];
  const index = indexOf(parts);
  const groups: readonly Group[] = [...hand.groups, { title: "Reference", pages: [index], groups: parts }];
  const pages = [...hand.pages, index, ...reference.pages, ...cli.pages, ...api.pages, ...general];
  return new Map([
    ...pages.map((page) => [page.path, framed(page, groups)] as const),
    ...schemas,
    ...[...assets].map(([name, text]) => [`assets/${name}`, text] as const),
    ["assets/key.svg", `${keySvg}\n`] as const,
    ["assets/search-index.js", searchScript(pages)] as const,
  ]);
};
