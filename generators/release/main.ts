/**
 * Holds each plugin's manifest against that of its last release, and asks for a changeset of the right size; asks for one of the
 * command line, too, where a package is released that it carries a copy of.
 * `--snapshot` keeps today's as the last release's: part of `npm run release:version`, in the commit that raises the versions.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { output } from "@keywright/manifest/output";
import { pluginFolders } from "../manifest/plugins.ts";
import { copiesLeftBehind } from "./bundled.ts";
import { missingChangesets, snapshotOf } from "./changesets.ts";

const { values } = parseArgs({ options: { snapshot: { type: "boolean", default: false }, root: { type: "string" } } });
const root = resolve(values.root ?? join(import.meta.dirname, "../.."));
const folders = await pluginFolders(root);

if (values.snapshot) {
  const files = new Map(
    await Promise.all(
      folders.map(
        async (folder) =>
          [snapshotOf(folder), await readFile(join(root, folder, "generated/manifest.json"), "utf8")] as const,
      ),
    ),
  );
  for (const { path } of await output(files, { check: false, root, owned: [] })) console.log(`released  ${path}`);
} else {
  const missing = [...(await missingChangesets(root, folders)), ...(await copiesLeftBehind(root))];
  for (const line of missing) console.error(line);
  if (missing.length > 0) process.exitCode = 1;
}
