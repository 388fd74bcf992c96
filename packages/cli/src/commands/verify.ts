import type { ReportedCheck } from "@keywright/broker";
import { exitCodeOf } from "@keywright/core/errors";
import { printCheck } from "../checks.ts";
import { argument, type Context, text } from "../context.ts";
import { paint, print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";

export const run = async (context: Context): Promise<number> => {
  const name = argument(context, 0);
  const broker = await context.openBroker();
  const steps = broker.connectors.verify(name, {
    resourceType: text(context.options, "resourceType"),
    resourceId: text(context.options, "resourceId"),
    signal: context.signal,
  });
  const checks: ReportedCheck[] = [];
  const outcome = await withProgress(context, `Verifying ${name}`, async (progress) => {
    for (;;) {
      const step = await steps.next();
      if (step.done) return step.value;
      checks.push(step.value);
      progress.clear();
      if (!context.json) printCheck(context, step.value);
    }
  });
  const { ok, connector } = outcome;
  if (context.json) printJson(context, { connector: connector.name, ok, principal: connector.principal, checks });
  else
    print(
      context,
      ok
        ? `\n${paint(context, "green", "Verified")} ${connector.name}.`
        : `\n${paint(context, "red", "Not verified:")} ${checks.filter((one) => !one.ok).length} of ${checks.length} checks failed.`,
    );
  return ok ? 0 : exitCodeOf("verification-failed");
};
