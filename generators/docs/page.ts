/** A page of the site, and the frame around every one: header, menu, contents, article. */
import { escape } from "./html.ts";

export type Page = {
  /** Below the site's root, `/` between folders. */
  readonly path: string;
  /** As the browser's tab shows it, before the site's name. */
  readonly title: string;
  /** As the menu shows it. */
  readonly label: string;
  /** Ids are set as code in menu and heading. */
  readonly literal?: true;
  /** What kind of thing it describes: `AWS auth method`. */
  readonly what: string;
  readonly lead: string;
  /** HTML. */
  readonly body: string;
};
/** A heading of the menu and what stands under it. */
export type Group = { readonly title: string; readonly pages: readonly Page[]; readonly groups?: readonly Group[] };

/** From one page to another path, so that the site works under any address and from a folder. */
export const relativeTo = (from: string, to: string): string => {
  const base = from.split("/").slice(0, -1);
  const target = to.split("/");
  let shared = 0;
  while (shared < base.length && base[shared] === target[shared] && shared < target.length - 1) shared++;
  return [...base.slice(shared).map(() => ".."), ...target.slice(shared)].join("/");
};

const contains = ({ pages, groups = [] }: Group, page: Page): boolean =>
  pages.includes(page) || groups.some((one) => contains(one, page));
const menuOf = (groups: readonly Group[], page: Page): string =>
  groups
    .map((group) => {
      const links = group.pages.map((one) => {
        const text = one.literal ? `<code>${escape(one.label)}</code>` : escape(one.label);
        const here = one === page ? ' aria-current="page"' : "";
        return `<li><a href="${escape(relativeTo(page.path, one.path))}"${here}>${text}</a></li>`;
      });
      const inner = (group.groups ?? []).length > 0 ? menuOf(group.groups ?? [], page) : "";
      const list = links.length > 0 ? `<ul>${links.join("")}</ul>` : "";
      return `<details${contains(group, page) ? " open" : ""}><summary>${escape(group.title)}</summary>${list}${inner}</details>`;
    })
    .join("");

/** Of the sections, or, where there is but one, of what it holds. */
const contentsOf = (body: string): string => {
  const linksAt = (level: number) =>
    [...body.matchAll(new RegExp(`<h${level} id="([^"]+)">(.*?)<a class="anchor"`, "g"))].map(
      ([, id = "", text = ""]) => `<li><a href="#${id}">${text}</a></li>`,
    );
  const sections = linksAt(2);
  const links = sections.length > 1 ? sections : linksAt(3);
  return links.length < 2
    ? ""
    : `<nav class="contents" aria-labelledby="contents"><h2 id="contents">On this page</h2><ul>${links.join("")}</ul></nav>`;
};

const key =
  '<svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><circle cx="7.5" cy="12" r="4.5"/><path d="M12 12h9.5M18 12v3.6M21.5 12v2.4"/><circle cx="7.5" cy="12" r="1" fill="currentColor"/></svg>';
/** Before the first paint, so that a chosen theme does not flash. */
const theme =
  'try{const t=localStorage.getItem("keywright-theme");if(t==="dark"||t==="light")document.documentElement.dataset.theme=t}catch{}document.documentElement.classList.add("script")';

export const framed = (page: Page, groups: readonly Group[]): string => {
  const to = (path: string) => escape(relativeTo(page.path, path));
  const heading = page.literal ? `<code>${escape(page.label)}</code>` : escape(page.title);
  return `<!doctype html>
<html lang="en" data-base="${escape("../".repeat(page.path.split("/").length - 1))}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(page.path === "index.html" ? `Keywright: ${page.title}` : `${page.title} · Keywright`)}</title>
<meta name="description" content="${escape(page.lead)}">
<link rel="icon" href="${to("assets/key.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="${to("assets/style.css")}">
<script>${theme}</script>
<script defer src="${to("assets/site.js")}"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<button type="button" class="menu-button" aria-expanded="false" aria-controls="menu">Menu</button>
<a class="brand" href="${to("index.html")}">${key}<span>Keywright</span></a>
<button type="button" class="search-button">Search <kbd>/</kbd></button>
<button type="button" class="theme-button" aria-label="Switch between light and dark">◐</button>
</header>
<div class="frame">
<nav class="menu" id="menu" aria-label="Pages">${menuOf(groups, page)}</nav>
<main id="content" tabindex="-1">
<article>
${page.what === "" ? "" : `<p class="what">${escape(page.what)}</p>\n`}<h1>${heading}</h1>
${page.lead === "" ? "" : `<p class="lead">${escape(page.lead)}</p>\n`}${page.body}
</article>
</main>
${contentsOf(page.body)}
</div>
<dialog class="search" aria-label="Search"><form method="dialog"><input type="search" autocomplete="off" spellcheck="false" placeholder="Search pages, fields, commands, errors" aria-label="Search" aria-controls="results"><button>Close</button></form><ol id="results"></ol><p class="search-note" role="status"></p></dialog>
</body>
</html>
`;
};
export const keySvg = key
  .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
  .replaceAll("currentColor", "#1f7a6c");
