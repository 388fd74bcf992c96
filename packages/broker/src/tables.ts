/**
 * The tables, typed, and the query builder over them. Queries are built by Kysely and run at once on the connection: a
 * transaction is one synchronous piece, so nothing of this process can slip between its statements.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { type Compilable, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { type State, stateFailure } from "./state.ts";

export type PluginRow = {
  package: string;
  version: string;
  directory: string;
  entry: string;
  /** Of all files together; empty where they are not checked. */
  integrity: string;
  /** JSON: path → hash; null: not checked, because its author works on it. */
  files: string | null;
  /** Path of the lock that says the same. */
  lock: string | null;
  enabled_at: number;
};
export type ConnectorRow = {
  id: string;
  name: string;
  type: string;
  auth_method: string;
  resource_types: string;
  resource_id: string | null;
  config: string;
  labels: string;
  description: string;
  facts: string;
  principal: string | null;
  verified_at: number | null;
  secret_path: string | null;
  parent_path: string | null;
  parent_expires_at: number | null;
  previous_path: string | null;
  previous_until: number | null;
  previous_config: string | null;
  expires_at: number | null;
  expires_skew_seconds: number;
  lifetime_seconds: number | null;
  allow_unconfined: number;
  allow_main_credential: number;
  allowed_endpoints: string;
  allowed_commands: string;
  version: number;
  created_at: number;
  updated_at: number;
};
export type GrantRow = {
  id: string;
  cache_key: string;
  connector_id: string;
  connector_name: string;
  connector_version: number;
  auth_method: string;
  resource_type: string;
  resource_id: string | null;
  access: string;
  kind: string;
  /** `pending` until the provider answered, then `active`; `dropped` is no longer served, `revoked`, `failed`. */
  status: "pending" | "active" | "dropped" | "revoked" | "failed";
  caller: string;
  confinement: string | null;
  unconfined: number;
  main_credential: number;
  revocable: number;
  lifetime_seconds: number | null;
  lifetime_decided_by: string;
  issued_at: number;
  expires_at: number | null;
  refresh_after: number | null;
  outlives_at: number | null;
  handle: string | null;
  sealed: Uint8Array | null;
  closed_at: number | null;
};
export type Tables = {
  meta: { key: string; value: string };
  plugins: PluginRow;
  connectors: ConnectorRow;
  pending_secrets: { path: string; action: "create" | "remove"; created_at: number; pid: number };
  grants: GrantRow;
  lookups: { spelled: string; cache_key: string; connector_id: string; connector_version: number };
  flights: { cache_key: string; owner: string | null; until: number; failed_at: number | null; failure: string | null };
};

export const from = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>();
const prepare = (database: DatabaseSync, sql: string): StatementSync => {
  const known = statements.get(database) ?? new Map<string, StatementSync>();
  statements.set(database, known);
  const found = known.get(sql) ?? database.prepare(sql);
  known.set(sql, found);
  return found;
};

export const all = <Row>(state: State, query: Compilable<Row>): Row[] => {
  const { sql, parameters } = query.compile();
  try {
    return prepare(state.database, sql).all(...(parameters as SQLInputValue[])) as Row[];
  } catch (cause) {
    throw stateFailure(cause, state.directory);
  }
};
export const one = <Row>(state: State, query: Compilable<Row>): Row | null => all(state, query)[0] ?? null;
/** Number of rows changed. */
export const run = (state: State, query: Compilable): number => {
  const { sql, parameters } = query.compile();
  try {
    return Number(prepare(state.database, sql).run(...(parameters as SQLInputValue[])).changes);
  } catch (cause) {
    throw stateFailure(cause, state.directory);
  }
};
