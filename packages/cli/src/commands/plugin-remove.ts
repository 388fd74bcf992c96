import { KeywrightError } from "@keywright/core/errors";
import { argument, type Context } from "../context.ts";
import { print, printJson } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const name = argument(context, 0);
  const broker = await context.openBroker();
  const plugin = broker.plugins.plugins().find((one) => one.package === name);
  if (plugin?.builtIn)
    throw new KeywrightError("unsupported", `${name} is part of Keywright itself.`, { hint: "It always stays." });
  if (!broker.plugins.disable(name))
    throw new KeywrightError("type-not-found", `${name} is not enabled.`, { hint: "keywright plugin list shows all." });
  if (context.json) return printJson(context, { package: name, removed: true });
  print(context, `${name} no longer runs. Its files are still there: npm uninstall ${name} removes them.`);
};
