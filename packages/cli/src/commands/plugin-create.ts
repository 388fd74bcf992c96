/** Hands over to create-keywright-plugin, which carries ts-morph, so that this package does not. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { dependenciesOf, installedIn, projectOf } from "@keywright/broker";
import type { Context } from "../context.ts";
import { runProgram } from "../package-manager.ts";

const generator = "create-keywright-plugin";

export const run = async (context: Context, args: readonly string[]): Promise<number> => {
  const project = projectOf(context.cwd);
  // Only what the project itself depends on: a folder further up may be anybody's.
  const at = project !== null && dependenciesOf(project).includes(generator) ? installedIn(project, generator) : null;
  const own = at === null ? null : join(at, "bin", `${generator}.js`);
  return runProgram(
    context,
    context.cwd,
    own !== null && existsSync(own)
      ? [process.execPath, own, ...args]
      : ["npm", "exec", "--yes", "--package", `${generator}@latest`, "--", generator, ...args],
  );
};
