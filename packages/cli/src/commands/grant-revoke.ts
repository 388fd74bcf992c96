import { argument, type Context } from "../context.ts";
import { moment, print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";

export const run = async (context: Context): Promise<void> => {
  const broker = await context.openBroker();
  const { id } = broker.grants.get(argument(context, 0));
  const revocation = await withProgress(context, "Revoking", () =>
    broker.grants.revoke(id, { signal: context.signal }),
  );
  if (context.json) return printJson(context, revocation);
  const until = moment(revocation.validUntil);
  print(
    context,
    until === null
      ? `Revoked ${id}: it no longer works.`
      : `Revoked ${id}: we no longer serve it. The provider cannot take it back, so a holder may use it until ${until}.`,
  );
};
