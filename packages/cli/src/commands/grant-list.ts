import { didYouMean } from "@keywright/core/nearest";
import { KeywrightError } from "@keywright/core/errors";
import { shown } from "../arguments.ts";
import { type Context, text } from "../context.ts";
import { count } from "../durations.ts";
import { grantDocument } from "../grant-facts.ts";
import { moment, print, printJson, table } from "../output.ts";

const statuses = ["active", "pending", "dropped", "revoked", "failed"] as const;

export const run = async (context: Context): Promise<void> => {
  const wanted = text(context.options, "status");
  const status = statuses.find((one) => one === wanted);
  if (wanted !== undefined && status === undefined) {
    throw new KeywrightError("usage", `There is no status ${shown(wanted)}.${didYouMean(wanted, statuses)}`, {
      hint: `There are: ${statuses.join(", ")}.`,
    });
  }
  const limit = count(text(context.options, "limit"), "--limit") ?? 100;
  const broker = await context.openBroker();
  const name = text(context.options, "connector");
  // An id is accepted too; a name that is gone may still have grants.
  const connector =
    name === undefined ? undefined : (broker.connectors.list().find((one) => one.id === name)?.name ?? name);
  const grants = broker.grants.list({ connector, status, limit });
  if (context.json) return printJson(context, grants.map(grantDocument));
  if (grants.length === 0) return print(context, "No grants.");
  table(
    context,
    ["GRANT", "CONNECTOR", "RESOURCE", "ACCESS", "STATUS", "ENDS"],
    grants.map((one) => [
      one.id,
      one.connector,
      one.resourceId ?? one.resourceType,
      one.access,
      one.status,
      moment(one.expiresAt) ?? "-",
    ]),
  );
};
