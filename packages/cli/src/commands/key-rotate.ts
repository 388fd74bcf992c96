import type { Context } from "../context.ts";
import { print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";

export const run = async (context: Context): Promise<void> => {
  const broker = await context.openBroker();
  const replacement = context.environment["KEYWRIGHT_NEW_KEY"];
  const done = await withProgress(context, "Sealing anew", () =>
    broker.keys.rotate(replacement === "" ? undefined : replacement),
  );
  if (context.json) return printJson(context, done);
  print(
    context,
    `Sealed ${done.resealed} values anew under key ${done.id} (${done.source}). The old key opens nothing any more.`,
  );
  if (done.source === "environment") print(context, "From now on KEYWRIGHT_KEY must hold what KEYWRIGHT_NEW_KEY held.");
};
