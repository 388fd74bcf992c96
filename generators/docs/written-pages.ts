/** Hand-written pages: markdown below pages/, with links to sections (`ref:method/aws/iam-role`) and examples by file name. */
import { Marked, type Tokens } from "marked";
import { codeHtml, createAnchors, headingHtml, slug } from "./html.ts";
import { type Group, type Page, relativeTo } from "./page.ts";
import { commandPath } from "./command-pages.ts";
import { commands } from "../../packages/cli/src/command-table.ts";
import { pathOf } from "./reference-pages.ts";

/** The menu's order; a page that is not listed here is an error, and so is one that is not there. */
export const outline: readonly { readonly title: string; readonly pages: readonly string[] }[] = [
  { title: "Start", pages: ["index", "quickstart"] },
  {
    title: "Concepts",
    pages: [
      "concepts/connectors",
      "concepts/grants",
      "concepts/resource-ids",
      "concepts/lifetimes",
      "concepts/plugins",
      "concepts/security",
    ],
  },
  {
    title: "How to",
    pages: [
      "how-to/s3-training-job",
      "how-to/eks-kubectl",
      "how-to/ecr-pull",
      "how-to/rotate",
      "how-to/revoke-and-audit",
      "how-to/any-language",
      "how-to/editor-help",
      "how-to/write-a-plugin",
      "how-to/test-a-plugin",
    ],
  },
];

const absolute = (from: string, href: string): string => {
  const parts = from.split("/").slice(0, -1);
  for (const part of href.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
};
const commandNamed = (name: string): string | null => {
  const found = commands.find(({ words }) => words.join("-") === name);
  return found ? commandPath(found) : null;
};
/** `other.md#part`, `ref:kind/aws-session`, `command:grant-issue` → a relative address; others are taken as they are. */
const linkFrom = (path: string, href: string, known: ReadonlySet<string>): string => {
  if (/^https?:/.test(href) || href.startsWith("#")) return href;
  const [target = "", anchor] = href.split("#");
  const scheme = /^(ref|command|page):(.*)$/.exec(target);
  const named = { ref: pathOf, command: commandNamed, page: (page: string) => page };
  const to = scheme
    ? named[scheme[1] as keyof typeof named](scheme[2] ?? "")
    : absolute(path, target.replace(/\.md$/, ".html"));
  if (to === null || !known.has(to))
    throw new Error(`pages/${path.replace(/html$/, "md")} links to ${href}, which is no page. Correct the link.`);
  return relativeTo(path, to) + (anchor === undefined ? "" : `#${anchor}`);
};

export type Written = {
  /** Name without `.md` → markdown. */
  readonly pages: ReadonlyMap<string, string>;
  /** File name → TypeScript. */
  readonly examples: ReadonlyMap<string, string>;
};
const exampleIn = (text: string, { examples }: Written): string =>
  text.replaceAll(/^\{\{example:([\w.-]+)\}\}$/gm, (_, name: string) => {
    const example = examples.get(name);
    if (example === undefined) throw new Error(`There is no generators/docs/examples/${name}. Correct the name.`);
    return `\`\`\`ts\n${example.replace(/^\/\*\*[^]*?\*\/\n/, "").trim()}\n\`\`\``;
  });

const pageOf = (name: string, source: string, known: ReadonlySet<string>): Page => {
  const path = `${name}.html`;
  const [, title = name, lead = "", rest = ""] = /^# (.+)\n\n([^]+?)\n\n([^]*)$/.exec(source) ?? [];
  const anchor = createAnchors();
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      code: ({ text, lang }: Tokens.Code) => codeHtml(lang ?? "", text),
      heading({ tokens, depth, text }: Tokens.Heading) {
        return headingHtml(depth, anchor(slug(text)), this.parser.parseInline(tokens));
      },
      link({ href, tokens }: Tokens.Link) {
        return `<a href="${linkFrom(path, href, known)}">${this.parser.parseInline(tokens)}</a>`;
      },
      table({ header, rows }: Tokens.Table) {
        const cells = (row: readonly Tokens.TableCell[], tag: string) =>
          row.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join("");
        return `<div class="table" tabindex="0" role="region" aria-label="${title}"><table><thead><tr>${cells(header, "th")}</tr></thead><tbody>${rows
          .map((row) => `<tr>${cells(row, "td")}</tr>`)
          .join("")}</tbody></table></div>`;
      },
    },
  });
  const body = marked.parse(rest, { async: false });
  return { path, title, label: name === "index" ? "Home" : title, what: "", lead: lead.replaceAll("\n", " "), body };
};

export const writtenPaths: readonly string[] = outline.flatMap(({ pages }) => pages.map((name) => `${name}.html`));
export const writtenPages = (
  written: Written,
  known: ReadonlySet<string>,
): { readonly pages: readonly Page[]; readonly groups: readonly Group[] } => {
  const groups = outline.map(({ title, pages }) => ({
    title,
    pages: pages.map((name) => {
      const source = written.pages.get(name);
      if (source === undefined)
        throw new Error(`There is no generators/docs/pages/${name}.md. Write it, or remove it from the outline.`);
      return pageOf(name, exampleIn(source, written), known);
    }),
  }));
  const listed = new Set(outline.flatMap(({ pages }) => pages));
  for (const name of written.pages.keys())
    if (!listed.has(name)) throw new Error(`pages/${name}.md is not in the outline. Add it, or remove the file.`);
  return { pages: groups.flatMap(({ pages }) => pages), groups };
};
