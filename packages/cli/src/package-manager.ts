/** The program that the project installs with, told from its lock file, upward as those programs look. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { KeywrightError } from "@keywright/core/errors";
import type { Context } from "./context.ts";
import { runChild } from "./deliver/child.ts";
import { remark } from "./output.ts";

const known = [
  { file: "pnpm-lock.yaml", words: ["pnpm", "add"] },
  { file: "yarn.lock", words: ["yarn", "add"] },
  { file: "bun.lock", words: ["bun", "add"] },
  { file: "bun.lockb", words: ["bun", "add"] },
  { file: "package-lock.json", words: ["npm", "install"] },
] as const;

export const installerOf = (project: string): readonly [program: string, verb: string] => {
  for (let directory = project; ; directory = dirname(directory)) {
    const found = known.find(({ file }) => existsSync(join(directory, file)));
    if (found) return found.words;
    if (dirname(directory) === directory) return ["npm", "install"];
  }
};

/** Its output goes to standard error, so that ours stays ours. */
export const runProgram = async (
  context: Pick<Context, "environment" | "stderr">,
  cwd: string,
  words: readonly string[],
): Promise<number> => {
  const [command = "", ...args] = words;
  remark(context, `$ ${words.join(" ")}`);
  const { status, problem } = await runChild({
    command: process.platform === "win32" ? `${command}.cmd` : command,
    args,
    environment: context.environment,
    cwd,
    stdio: ["inherit", 2, "inherit"],
    terminal: true,
  });
  if (problem !== null)
    throw new KeywrightError("provider-unavailable", problem, { hint: `Run it yourself: ${words.join(" ")}` });
  return status;
};
export const install = async (
  context: Pick<Context, "environment" | "stderr">,
  project: string,
  what: string,
): Promise<void> => {
  const words = [...installerOf(project), what];
  const status = await runProgram(context, project, words);
  if (status !== 0)
    throw new KeywrightError("provider-unavailable", `${words.join(" ")} ended with status ${status}.`, {
      hint: "Its own words are above; nothing was enabled.",
    });
};
