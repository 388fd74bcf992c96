/** Reads what the site is made of: plugins, commands, sources, hand-written pages, style and script. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { commands } from "../../packages/cli/src/command-table.ts";
import { pluginFolders } from "../manifest/plugins.ts";
import { template } from "../plugin/src/templates.ts";
import { apiOf } from "./api.ts";
import { loadPlugin, packageFolders } from "./references.ts";
import type { SiteInputs } from "./site.ts";

const here = import.meta.dirname;
/** Packages whose API has a page, before the plugins'. */
const documented = ["packages/cli", "packages/core", "packages/manifest", "packages/testkit"] as const;
const reexported = [...packageFolders, "packages/broker", "packages/manifest"] as const;

/** What the scaffolder writes as the test of a new plugin, so that the page and the plugin cannot differ. */
const scaffoldedTest = (): string =>
  template("connector", { "acme-cloud": "acme", "gift-box": "box" }).get("test/conformance.test.ts") ?? "";
const textsIn = async (folder: string, extension: string): Promise<ReadonlyMap<string, string>> => {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(extension)).toSorted();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
};
const scriptOf = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [join(here, "client/site.js")],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    write: false,
    legalComments: "inline",
  });
  return outputFiles[0]?.text ?? "";
};

export const siteInputs = async (root: string): Promise<SiteInputs> => {
  const folders = await pluginFolders(root);
  const [plugins, pages, examples, script, style] = await Promise.all([
    Promise.all(folders.map((folder) => loadPlugin(root, folder))),
    textsIn(join(here, "pages"), ".md"),
    textsIn(join(here, "examples"), ".ts"),
    scriptOf(),
    readFile(join(here, "client/style.css"), "utf8"),
  ]);
  return {
    plugins,
    commands,
    packages: apiOf(root, [...documented, ...folders], [...reexported, ...folders]),
    written: {
      pages: new Map([...pages].map(([name, text]) => [name.replace(/\.md$/, ""), text])),
      examples: new Map([...examples, ["conformance.test.ts", scaffoldedTest()]]),
    },
    assets: new Map([
      ["site.js", script],
      ["style.css", style],
    ]),
  };
};
