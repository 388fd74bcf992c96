import type { Context } from "../context.ts";
import { requestOf } from "../deliver/command-request.ts";
import { credentialProcess } from "../deliver/helper.ts";
import { helperHost } from "../deliver/helper-host.ts";
import { print } from "../output.ts";

/** What the script in bin/ does without the command table; here for `--json`, `--debug` and tests. */
export const run = async (context: Context): Promise<void> =>
  print(context, await credentialProcess({ request: requestOf(context), words: [] }, helperHost(context)));
