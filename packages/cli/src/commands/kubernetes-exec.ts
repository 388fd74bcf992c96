import type { Context } from "../context.ts";
import { requestOf } from "../deliver/command-request.ts";
import { kubernetesExec } from "../deliver/helper.ts";
import { helperHost } from "../deliver/helper-host.ts";
import { print } from "../output.ts";

export const run = async (context: Context): Promise<void> =>
  print(context, await kubernetesExec({ request: requestOf(context), words: [] }, helperHost(context)));
