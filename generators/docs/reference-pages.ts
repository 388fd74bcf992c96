/** Pages of what the manifests declare: a page a section. */
import type { Section } from "@keywright/manifest/reference";
import { blocksHtml, escape, type Resolve } from "./html.ts";
import { type Group, type Page, relativeTo } from "./page.ts";
import type { LoadedPlugin } from "./references.ts";
import { sectionsOf } from "@keywright/manifest/reference";

const folders: Readonly<Record<string, (parts: readonly string[]) => string>> = {
  type: ([type]) => `reference/${type}/index.html`,
  method: ([type, name]) => `reference/${type}/methods/${name}.html`,
  resource: ([type, name]) => `reference/${type}/resources/${name}.html`,
  secret: ([name]) => `reference/secrets/${name}.html`,
  kind: ([name]) => `reference/kinds/${name}.html`,
  store: ([name]) => `reference/stores/${name}.html`,
  flavor: ([component, name]) => `reference/flavors/${component}/${name}.html`,
  schema: ([name]) => `schemas/${name}.json`,
};
/** The path of what a section id or a schema's name stands for. */
export const pathOf = (id: string): string | null => {
  const [kind = "", ...parts] = id.split("/");
  return folders[kind]?.(parts) ?? null;
};
/** Links from one page to the known paths. */
export const resolverFor =
  (from: string, known: ReadonlySet<string>): Resolve =>
  (to) => {
    const path = pathOf(to) ?? to;
    return known.has(path) ? relativeTo(from, path) : null;
  };

const pageOf = (section: Section, owner: string, known: ReadonlySet<string>): Page => {
  const path = pathOf(section.id) ?? "";
  const what = `${owner}${section.what}`;
  const title = section.title.toLowerCase() === section.name.replaceAll("-", " ") ? "" : section.title;
  return {
    path,
    title: `${section.name} · ${what}`,
    label: section.name,
    literal: true,
    what: title === "" ? what : `${what}: ${title}`,
    lead: section.description,
    body: blocksHtml(section.blocks, resolverFor(path, known)),
  };
};

export type ReferencePages = { readonly pages: readonly Page[]; readonly groups: readonly Group[] };
const kinds = [
  ["Secret schemas", "secret/"],
  ["Credential kinds", "kind/"],
  ["Secret stores", "store/"],
  ["Component flavors", "flavor/"],
] as const;

/** `known`: every path of the site, so that a link to a page that no plugin brings becomes text. */
export const referencePages = (plugins: readonly LoadedPlugin[], known: ReadonlySet<string>): ReferencePages => {
  const sections = plugins.flatMap(({ manifest, permissionDocument }) => sectionsOf(manifest, { permissionDocument }));
  const titles = new Map(plugins.flatMap(({ manifest }) => manifest.connectors.map(({ id, title }) => [id, title])));
  const ownerOf = ({ id }: Section) => {
    const [kind, type] = id.split("/");
    return kind === "method" || kind === "resource" ? `${titles.get(type ?? "") ?? ""} · ` : "";
  };
  const byId = new Map(sections.map((one) => [one.id, pageOf(one, ownerOf(one), known)]));
  const under = (prefix: string) => [...byId].filter(([id]) => id.startsWith(prefix)).map(([, page]) => page);
  const groups = [
    ...[...titles].map(([type, title]) => ({
      title: `Connector type ${title}`,
      pages: under(`type/${type}`),
      groups: [
        { title: "Auth methods", pages: under(`method/${type}/`) },
        { title: "Resource types", pages: under(`resource/${type}/`) },
      ],
    })),
    ...kinds.map(([title, prefix]) => ({ title, pages: under(prefix) })).filter(({ pages }) => pages.length > 0),
  ];
  return { pages: [...byId.values()], groups };
};
export const sectionPaths = (plugins: readonly LoadedPlugin[]): readonly string[] =>
  plugins.flatMap(({ manifest }) => sectionsOf(manifest)).flatMap(({ id }) => pathOf(id) ?? []);

/** A list of links to pages with their leads. */
export const linkList = (from: string, pages: readonly Page[]): string =>
  `<ul class="links">${pages
    .map((one) => {
      const text = one.literal ? `<code>${escape(one.label)}</code>` : escape(one.label);
      return `<li><a href="${escape(relativeTo(from, one.path))}">${text}</a><span>${escape(one.lead)}</span></li>`;
    })
    .join("")}</ul>`;
