/** `npm run generate` writes plugins' manifests and schemas; `-- --check` compares. `-- DIR…` takes these plugins alone. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { KeywrightError } from "@keywright/core";
import { output, report } from "@keywright/manifest/output";
import { referenceFiles } from "../docs/references.ts";
import { schemaFiles, schemaFolder } from "./files.ts";
import { filesOfAll, pluginFolders } from "./plugins.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean", default: false }, root: { type: "string" } },
});
const { check } = values;
const root = resolve(values.root ?? join(import.meta.dirname, "../.."));
const folders = positionals.length > 0 ? positionals : await pluginFolders(root);
const { files: ofPlugins, failures } = await filesOfAll(root, folders);
const whole = positionals.length === 0 && values.root === undefined;
const files = new Map([
  ...ofPlugins,
  // Here the reference knows the TSDoc of the sources too.
  ...(whole && failures.length === 0 ? await referenceFiles(root, folders) : []),
  ...(whole ? schemaFiles() : []),
]);

for (const failure of failures) {
  if (!KeywrightError.is(failure)) throw failure;
  console.error(`${failure.message}${failure.hint === undefined ? "" : `\n  ${failure.hint}`}`);
}
if (failures.length > 0) process.exitCode = 1;
else {
  const owned = [...folders.map((folder) => `${folder}/generated/schemas`), ...(whole ? [schemaFolder] : [])];
  const { lines, exit } = report(await output(files, { check, root, owned }), { check });
  for (const line of lines) console[exit === 0 ? "log" : "error"](line);
  process.exitCode = exit;
}
