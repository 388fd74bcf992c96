/** Pending changesets, and what the manifests say that they should be. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseManifest } from "@keywright/manifest";
import { type ContractChange, contractChanges, largestOf, type Size, sizes } from "@keywright/manifest/compare";
import { parse } from "yaml";

/** The manifest as it was last released; absent before the first release. */
export const snapshotOf = (folder: string): string => `${folder}/released/manifest.json`;

export const unlessMissing =
  <T>(otherwise: T) =>
  (error: unknown): T => {
    if ((error as { code?: string }).code === "ENOENT") return otherwise;
    throw error;
  };
/** npm name → the largest release that a pending changeset asks for. https://github.com/changesets/changesets */
export const pendingSizes = async (root: string): Promise<ReadonlyMap<string, Size>> => {
  const folder = join(root, ".changeset");
  const names = (await readdir(folder).catch(unlessMissing([]))).filter(
    (name) => name.endsWith(".md") && name !== "README.md",
  );
  const asked = new Map<string, Size>();
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8");
    const [, front = ""] = /^---\n([^]*?)\n---/.exec(text) ?? [];
    for (const [plugin, size] of Object.entries((parse(front) ?? {}) as Record<string, Size>)) {
      const before = asked.get(plugin);
      if (before === undefined || sizes.indexOf(size) > sizes.indexOf(before)) asked.set(plugin, size);
    }
  }
  return asked;
};

const sentence = ({ where, what }: ContractChange) => `    ${where}: ${what}`;
/** A line for each plugin whose contract changed more than its changesets say. */
export const missingChangesets = async (root: string, folders: readonly string[]): Promise<readonly string[]> => {
  const pending = await pendingSizes(root);
  const lines = await Promise.all(
    folders.map(async (folder) => {
      const before = await readFile(join(root, snapshotOf(folder)), "utf8").catch(unlessMissing(null));
      if (before === null) return [];
      const today = parseManifest(await readFile(join(root, folder, "generated/manifest.json"), "utf8"), folder);
      const changes = contractChanges(parseManifest(before, snapshotOf(folder)), today);
      const needed = largestOf(changes);
      const asked = pending.get(today.package);
      if (needed === null || (asked !== undefined && sizes.indexOf(asked) >= sizes.indexOf(needed))) return [];
      const reasons = changes.filter(({ size }) => size === needed).map(sentence);
      return [
        `${today.package} needs a ${needed} changeset${asked === undefined ? "" : `, and has a ${asked} one`}: npm run changeset`,
        ...reasons.slice(0, 10),
        ...(reasons.length > 10 ? [`    and ${reasons.length - 10} more`] : []),
      ];
    }),
  );
  return lines.flat();
};
