import type { Context } from "../context.ts";
import { print, printJson, remark, table } from "../output.ts";
import { pluginStandings, standingDocument } from "../plugin-standing.ts";

export const run = async (context: Context): Promise<void> => {
  const { project, standings } = pluginStandings(context);
  if (context.json) return printJson(context, standings.map(standingDocument));
  table(
    context,
    ["PACKAGE", "VERSION", "STATE", "BRINGS", "FROM"],
    standings.map(({ plugin, state, brings }) => [
      plugin.package,
      plugin.version,
      state,
      brings.join(", "),
      plugin.directory,
    ]),
  );
  for (const { problem } of standings)
    if (problem) remark(context, `\n${problem.message}${problem.hint === undefined ? "" : `\n  ${problem.hint}`}`);
  if (standings.every(({ state }) => state === "built-in"))
    print(
      context,
      project === null
        ? "\nNo plugins yet. In a folder with a package.json: keywright plugin add @keywright/aws"
        : `\nNo plugins in ${project} yet: keywright plugin add @keywright/aws`,
    );
};
