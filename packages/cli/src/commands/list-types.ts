import { conflictsIn, readCatalog, type Source, sourceOf } from "../catalog.ts";
import { type Context, text } from "../context.ts";
import { buffered, print, printJson, remark, table } from "../output.ts";

const rowOf = ({ package: from, version, listed: { id, title, description, resourceTypes, authMethods } }: Source) => ({
  type: id,
  title,
  description,
  resourceTypes,
  authMethods,
  plugin: from,
  version,
});

export const run = async (direct: Context): Promise<number> => {
  const { context, flush } = buffered(direct);
  const status = listTypes(context);
  flush();
  return status;
};
const listTypes = (context: Context): number => {
  const wanted = text(context.options, "type");
  const catalog = wanted === undefined ? readCatalog(context) : { sources: [sourceOf(context, wanted)], problems: [] };
  const rows = catalog.sources.map(rowOf).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  const failures = [...catalog.problems.map(({ error }) => error), ...conflictsIn(catalog)];
  if (context.json) {
    const failed = failures.map(({ code, message, hint }) => ({ error: { code, message, hint: hint ?? null } }));
    printJson(context, [...rows, ...failed]);
    return failures.length > 0 ? 1 : 0;
  }
  table(
    context,
    ["TYPE", "TITLE", "RESOURCE TYPES", "AUTH METHODS", "PLUGIN"],
    rows.map((row) => [row.type, row.title, row.resourceTypes, row.authMethods, [row.plugin, row.version]]),
  );
  if (rows.length === 0) {
    print(context, "No plugin is installed in this folder. Install one, for example: npm install @keywright/aws");
  } else print(context, "\nkeywright connector describe-type TYPE shows what each needs and gives.");
  for (const { message, hint } of failures)
    remark(context, `error: ${message}${hint === undefined ? "" : `\n  ${hint}`}`);
  return failures.length > 0 ? 1 : 0;
};
