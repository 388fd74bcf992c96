import { type Context, text } from "../context.ts";
import { count } from "../durations.ts";
import { moment, pairs, print, printJson, table } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const { options } = context;
  const limit = count(text(options, "limit"), "--limit") ?? 50;
  const [connector, action, grant] = [text(options, "connector"), text(options, "action"), text(options, "grant")];
  const broker = await context.openBroker();
  const rows = broker.audit.list({
    ...(connector !== undefined && { connector }),
    ...(action !== undefined && { action }),
    ...(grant !== undefined && { grant }),
    ...(limit > 0 && { limit }),
  });
  if (context.json)
    return printJson(
      context,
      rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() })),
    );
  if (rows.length === 0) return print(context, "No rows.");
  table(
    context,
    ["ROW", "WHEN", "WHO", "ACTION", "OUTCOME", "CONNECTOR", "DETAIL"],
    rows.map((row) => [
      String(row.seq),
      moment(row.at) ?? "",
      row.actor,
      row.action,
      row.outcome,
      row.connector,
      [...(row.grant === null ? [] : [`grant=${row.grant}`]), ...pairs(row.detail)].join(" "),
    ]),
  );
};
