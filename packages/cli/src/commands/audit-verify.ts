import type { Context } from "../context.ts";
import { print, printJson } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const broker = await context.openBroker();
  const proof = broker.audit.verify();
  if (context.json) return printJson(context, { ok: true, ...proof });
  print(
    context,
    `All ${proof.rows} rows are as they were written. Head of the chain: ${proof.head === "" ? "none yet" : proof.head}`,
  );
};
