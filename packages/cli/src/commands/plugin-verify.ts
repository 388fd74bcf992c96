import { join } from "node:path";
import { lockFile, projectOf, readLock } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import type { Context } from "../context.ts";
import { paint, plain, print, printJson } from "../output.ts";
import { pluginStandings, standingDocument } from "../plugin-standing.ts";

const shown = {
  "built-in": "part of Keywright",
  enabled: "as it was recorded",
  unlocked: "unlocked: its files are not checked",
  installed: "not enabled",
} as const;

export const run = async (context: Context): Promise<number> => {
  const [name] = context.args;
  const { standings } = pluginStandings(context);
  const wanted = standings.filter(({ plugin }) => name === undefined || plugin.package === name);
  if (name !== undefined && wanted.length === 0)
    throw new KeywrightError("type-not-found", `There is no plugin ${name} here.`, {
      hint: "keywright plugin list shows all.",
    });
  const project = projectOf(context.cwd);
  const lock = project === null ? null : readLock(join(project, lockFile));
  const here = new Set(standings.map(({ plugin }) => plugin.package));
  const missing = Object.keys(lock ?? {}).filter((one) => !here.has(one) && (name === undefined || one === name));
  const ok = missing.length === 0 && wanted.every(({ problem }) => problem === null);
  if (context.json) {
    printJson(context, { ok, plugins: wanted.map(standingDocument), missing });
    return ok ? 0 : 5;
  }
  for (const { plugin, state, problem } of wanted) {
    const mark = problem ? paint(context, "red", "✗") : paint(context, "green", "✓");
    const found = problem ? problem.message : state in shown ? shown[state as keyof typeof shown] : state;
    print(context, `${mark} ${plugin.package} ${plugin.version}  ${plain(found)}`);
    if (problem?.hint !== undefined) print(context, `  ${plain(problem.hint)}`);
  }
  for (const one of missing) {
    print(context, `${paint(context, "red", "✗")} ${one}  is in ${lockFile} and not installed`);
    print(context, `  npm install ${one}, or keywright plugin remove ${one}`);
  }
  return ok ? 0 : 5;
};
