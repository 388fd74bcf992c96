import type { Context } from "../context.ts";
import { dockerCredential } from "../deliver/helper.ts";
import { helperHost } from "../deliver/helper-host.ts";
import { print } from "../output.ts";

export const run = async (context: Context): Promise<number> => {
  const { text, exit } = await dockerCredential({ request: {}, words: context.args }, helperHost(context));
  if (text !== "") print(context, text);
  return exit;
};
