import { KeywrightError } from "@keywright/core/errors";
import { argument, cancelled, type Context, flag } from "../context.ts";
import { print, printJson } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const broker = await context.openBroker();
  const { name } = broker.connectors.get(argument(context, 0));
  if (!flag(context.options, "yes")) {
    if (!context.interactive)
      throw new KeywrightError(
        "usage",
        `Deleting ${name} removes its credential for good, and nobody can be asked here.`,
        { hint: "Add --yes." },
      );
    const prompts = await context.prompts();
    const answer = await prompts.select({
      message: `Delete ${name} and its stored credential for good?`,
      choices: [
        { value: "no", label: "no" },
        { value: "yes", label: "yes, delete it" },
      ],
      initial: "no",
    });
    if (answer !== "yes") throw cancelled();
  }
  const deleted = await broker.connectors.delete(name);
  if (context.json) return printJson(context, { deleted });
  print(context, `Deleted ${name}. Grants already handed out work at the provider until they end.`);
};
