import type { Context } from "../context.ts";
import { flag } from "../context.ts";
import { runWith } from "../deliver/run.ts";
import { projectRequestOf } from "../deliver/command-request.ts";
import { remark } from "../output.ts";

export const run = async (context: Context, args: readonly string[]): Promise<number> =>
  runWith(
    {
      broker: await context.openBroker(),
      environment: context.environment,
      cwd: context.cwd,
      terminal: context.stdin.isTTY === true,
      warn: (line) => remark(context, line),
    },
    { request: await projectRequestOf(context), static: flag(context.options, "static"), command: args },
  );
