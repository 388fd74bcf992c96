import type { ListedResource } from "@keywright/broker";
import { type ErrorCode, exitCodeOf, KeywrightError } from "@keywright/core/errors";
import { type Context, list, text } from "../context.ts";
import { asKeywrightError } from "../failures.ts";
import { assignments } from "../fields.ts";
import { jsonArray, paint, plain, print, remark } from "../output.ts";
import { type Progress, withProgress } from "../progress.ts";

type Failure = Extract<ListedResource, { error: unknown }>;

const columns = (one: Exclude<ListedResource, Failure>) =>
  `${one.connector.padEnd(16)}  ${one.resourceType.padEnd(20)}  ${one.resourceId ?? "(as a whole)"}${one.label === null ? "" : `  ${one.label}`}`;
const printRow = (context: Context, row: ListedResource, first: boolean) => {
  if (first)
    print(context, paint(context, "bold", `${"CONNECTOR".padEnd(16)}  ${"RESOURCE TYPE".padEnd(20)}  RESOURCE`));
  if (!("error" in row)) return print(context, plain(columns(row)));
  // In its place, so that it is seen which part of the list is missing.
  print(
    context,
    plain(`${row.connector.padEnd(16)}  ${row.resourceType.padEnd(20)}  `) +
      paint(context, "red", plain(`${row.error.code}: ${row.error.message}`)),
  );
  if (row.error.hint !== null) print(context, `${" ".repeat(40)}${plain(row.error.hint)}`);
};

/** Rows as they come, so that the first is there before the last provider has answered, in constant memory. */
const stream = async (context: Context, rows: AsyncGenerator<ListedResource>, progress: Progress) => {
  const array = context.json ? jsonArray(context) : null;
  const failures: Failure[] = [];
  let good = 0;
  try {
    for await (const row of rows) {
      if ("error" in row) failures.push(row);
      else good += 1;
      progress.clear();
      progress.say(`Listing, ${good} so far`);
      if (array) await array.row(row);
      else printRow(context, row, good + failures.length === 1);
    }
  } catch (error) {
    if (!array) throw error;
    // The array was begun: it is ended as one valid document, with the failure as its last row.
    const { code, message, hint } = asKeywrightError(error, context.signal);
    await array.row({ connector: null, resourceType: null, error: { code, message, hint: hint ?? null } });
    array.end();
    return { good, failures, code: exitCodeOf(code) };
  }
  array?.end();
  return { good, failures, code: null };
};

export const run = async (context: Context): Promise<number> => {
  const { options } = context;
  const broker = await context.openBroker();
  const [connector] = context.args;
  // A name that is not there is one error, not a row.
  if (connector !== undefined) broker.connectors.get(connector);
  const resourceType = text(options, "resourceType");
  if (
    connector !== undefined &&
    resourceType !== undefined &&
    !broker.connectors.get(connector).resourceTypes.includes(resourceType)
  ) {
    throw new KeywrightError("out-of-scope", `${connector} is not registered for ${resourceType}.`, {
      hint: `It is for: ${broker.connectors.get(connector).resourceTypes.join(", ")}.`,
    });
  }
  const rows = broker.resources.list({
    connector,
    resourceType,
    type: text(options, "type"),
    labels: assignments(list(options, "label"), "--label"),
    signal: context.signal,
  });
  const { good, failures, code } = await withProgress(context, "Listing", (progress) =>
    stream(context, rows, progress),
  );
  if (code !== null) return code;
  if (!context.json && good + failures.length === 0)
    print(context, "Nothing is reached. keywright connector list shows the connectors.");
  if (failures.length > 0 && !context.json)
    remark(context, `${failures.length} of the lists failed; the rest is complete.`);
  const [first] = failures;
  return good > 0 || !first ? 0 : exitCodeOf(first.error.code as ErrorCode);
};
