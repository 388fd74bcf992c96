/** Stored connectors: found by name or id, listed by what they reach, read with their credential, rid of their grants. */
import { didYouMean, KeywrightError } from "@keywright/core";
import { type Connector, connectorOf } from "./connector.ts";
import type { Context } from "./context.ts";
import { readKept } from "./keeper.ts";
import { resourceOf, valuesOf } from "./plan.ts";
import { offerOf } from "./plugins.ts";
import { type Material, storeCall } from "./sessions.ts";
import { all, type ConnectorRow, from, one, run } from "./tables.ts";

export const rowNamed = (context: Context, nameOrId: string): ConnectorRow => {
  const found = one(
    context.state,
    from
      .selectFrom("connectors")
      .selectAll()
      .where((is) => is.or([is("name", "=", nameOrId), is("id", "=", nameOrId)])),
  );
  if (found) return found;
  const names = all(context.state, from.selectFrom("connectors").select("name").orderBy("name")).map((row) => row.name);
  throw new KeywrightError("connector-not-found", `There is no connector ${nameOrId}.${didYouMean(nameOrId, names)}`, {
    hint:
      names.length === 0
        ? "Register one with keywright connector register."
        : "keywright connector list shows what there is.",
  });
};

export type ConnectorFilter = {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
};
export const listConnectors = (context: Context, filter: ConnectorFilter = {}): Connector[] => {
  let query = from.selectFrom("connectors").selectAll().orderBy("name");
  if (filter.type !== undefined) query = query.where("type", "=", filter.type);
  const wanted = Object.entries(filter.labels ?? {});
  return all(context.state, query)
    .map(connectorOf)
    .filter(
      (connector) =>
        (filter.name === undefined ||
          connector.name === filter.name ||
          (filter.name.endsWith("*") && connector.name.startsWith(filter.name.slice(0, -1)))) &&
        (filter.resourceType === undefined || connector.resourceTypes.includes(filter.resourceType)) &&
        wanted.every(([key, value]) => connector.labels[key] === value) &&
        (filter.resourceId === undefined || reaches(context, connector, filter.resourceId, filter.resourceType)),
    );
};
/** Whether the id, in any spelling, lies within the connector's scope. */
const reaches = (
  context: Context,
  connector: Connector,
  resourceId: string,
  resourceType: string | undefined,
): boolean => {
  const { type } = context.host.connectorType(connector.type);
  const values = valuesOf(connector.config, connector.facts);
  return connector.resourceTypes
    .filter((id) => resourceType === undefined || id === resourceType)
    .some((id) => {
      try {
        return resourceOf(connector, offerOf(type, id), resourceId, values) !== null;
      } catch {
        return false;
      }
    });
};

/** What is stored, as it is needed to open a session. */
export const materialOf = async (context: Context, row: ConnectorRow): Promise<Material> => {
  const connector = connectorOf(row);
  const call = storeCall(context);
  return {
    connector,
    secret: row.secret_path === null ? null : await readKept(context, row.secret_path, row.name, call),
    parent: row.parent_path === null ? null : await readKept(context, row.parent_path, row.name, call),
  };
};

/** Everything of it that is cached is no longer served. */
export const dropGrants = (context: Context, connectorId: string): number =>
  run(
    context.state,
    from
      .updateTable("grants")
      .set({ status: "dropped", closed_at: context.now(), sealed: null })
      .where("connector_id", "=", connectorId)
      .where("status", "=", "active"),
  );
