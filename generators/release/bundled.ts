/** The command line carries a copy of our packages, so what is released of them reaches its users with its own next release. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pendingSizes, unlessMissing } from "./changesets.ts";

const carrier = "packages/cli/package.json";

/** A line for each package that is released while the copy of it that users run is not. */
export const copiesLeftBehind = async (root: string): Promise<readonly string[]> => {
  const text = await readFile(join(root, carrier), "utf8").catch(unlessMissing(null));
  if (text === null) return [];
  const { name, dependencies } = JSON.parse(text) as { name: string; dependencies: Readonly<Record<string, string>> };
  const pending = await pendingSizes(root);
  if (pending.has(name)) return [];
  const released = [...pending.keys()].filter((one) => one.startsWith("@keywright/") && one in dependencies);
  if (released.length === 0) return [];
  return [
    `${name} needs a patch changeset: npm run changeset`,
    ...released.toSorted().map((one) => `    it carries a copy of ${one}, which has a changeset`),
  ];
};
