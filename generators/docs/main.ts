/** `npm run docs` writes the site into dist-docs/, which any web server, or a browser alone, can show. */
import { join } from "node:path";
import { output } from "@keywright/manifest/output";
import { siteInputs } from "./inputs.ts";
import { siteOf } from "./site.ts";

const root = join(import.meta.dirname, "../..");
const folder = "dist-docs";
const started = performance.now();
const files = siteOf(await siteInputs(root));
await output(new Map([...files].map(([path, text]) => [`${folder}/${path}`, text])), {
  check: false,
  root,
  owned: [folder],
});
const pages = [...files.keys()].filter((path) => path.endsWith(".html")).length;
console.log(`${pages} pages in ${((performance.now() - started) / 1000).toFixed(1)} s: open ${folder}/index.html`);
