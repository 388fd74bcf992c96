/** Append-only rows, each authenticated together with the one before it. On the path of every grant, so no query builder. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { KeywrightError } from "@keywright/core/errors";
import { authenticate } from "@keywright/seal";

export type AuditEntry = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: string;
  /** `connector.register`, `grant.issue`, … */
  readonly action: string;
  readonly outcome: "allowed" | "refused" | "failed";
  readonly connector: string | null;
  readonly grant: string | null;
  /** Never a secret: ids, access, lifetimes, codes. */
  readonly detail: Readonly<Record<string, unknown>>;
};
export type AuditRow = AuditEntry & { readonly seq: number; readonly mac: string };
type Stored = {
  seq: number;
  at: number;
  actor: string;
  action: string;
  outcome: AuditEntry["outcome"];
  connector: string | null;
  grant_id: string | null;
  detail: string;
  mac: string;
};

const first = "";
const lineOf = (before: string, seq: number, entry: AuditEntry, detail: string) =>
  JSON.stringify([
    before,
    seq,
    entry.at,
    entry.actor,
    entry.action,
    entry.outcome,
    entry.connector,
    entry.grant,
    detail,
  ]);
const headLine = (seq: number, mac: string) => `head ${seq} ${mac}`;

const prepared = new WeakMap<DatabaseSync, { head: StatementSync; insert: StatementSync; move: StatementSync }>();
const statementsOf = (database: DatabaseSync) => {
  const known = prepared.get(database);
  if (known) return known;
  const made = {
    head: database.prepare("SELECT seq, mac FROM audit_head"),
    insert: database.prepare(
      "INSERT INTO audit (seq, at, actor, action, outcome, connector, grant_id, detail, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    move: database.prepare(
      "INSERT INTO audit_head (only_row, seq, mac, seal) VALUES (1, ?, ?, ?) ON CONFLICT (only_row) DO UPDATE SET seq = excluded.seq, mac = excluded.mac, seal = excluded.seal",
    ),
  };
  prepared.set(database, made);
  return made;
};

/** Call within a transaction: the head is read and moved in it. */
export const appendAudit = (database: DatabaseSync, key: Uint8Array, entry: AuditEntry): void => {
  const { head, insert, move } = statementsOf(database);
  const last = head.get() as { seq: number; mac: string } | undefined;
  const seq = (last?.seq ?? 0) + 1;
  const detail = JSON.stringify(entry.detail);
  const mac = authenticate(key, lineOf(last?.mac ?? first, seq, entry, detail));
  insert.run(seq, entry.at, entry.actor, entry.action, entry.outcome, entry.connector, entry.grant, detail, mac);
  move.run(seq, mac, authenticate(key, headLine(seq, mac)));
};

const entryOf = (row: Stored): AuditRow => ({
  seq: row.seq,
  at: row.at,
  actor: row.actor,
  action: row.action,
  outcome: row.outcome,
  connector: row.connector,
  grant: row.grant_id,
  detail: JSON.parse(row.detail) as Record<string, unknown>,
  mac: row.mac,
});

/** Newest first. */
export function* listAudit(
  database: DatabaseSync,
  filter: {
    readonly connector?: string;
    readonly action?: string;
    readonly grant?: string;
    readonly limit?: number;
  } = {},
): Iterable<AuditRow> {
  const where: string[] = [];
  const values: string[] = [];
  for (const [column, value] of [
    ["connector", filter.connector],
    ["action", filter.action],
    ["grant_id", filter.grant],
  ] as const) {
    if (value === undefined) continue;
    where.push(`${column} = ?`);
    values.push(value);
  }
  const sql = `SELECT * FROM audit ${where.length > 0 ? `WHERE ${where.join(" AND ")}` : ""} ORDER BY seq DESC LIMIT ?`;
  for (const row of database.prepare(sql).iterate(...values, filter.limit ?? -1)) yield entryOf(row as Stored);
}

export type AuditProof = { readonly rows: number; readonly head: string };
/** Walks the whole chain; throws `audit-broken` naming the first row that was changed, removed, put in, or moved. */
export const verifyAudit = (database: DatabaseSync, key: Uint8Array): AuditProof => {
  const broken = (seq: number, what: string) =>
    new KeywrightError("audit-broken", `Audit row ${seq} ${what}.`, {
      hint: "Somebody wrote to the state file. Compare with a backup, and with the provider's own log.",
      data: { seq },
    });
  let before = first;
  let expected = 1;
  for (const stored of database.prepare("SELECT * FROM audit ORDER BY seq").iterate()) {
    const row = stored as Stored;
    if (row.seq !== expected) throw broken(expected, "was removed");
    const entry = { ...row, grant: row.grant_id, detail: {} };
    if (authenticate(key, lineOf(before, row.seq, entry, row.detail)) !== row.mac)
      throw broken(row.seq, "was changed or moved");
    before = row.mac;
    expected += 1;
  }
  const head = database.prepare("SELECT seq, mac, seal FROM audit_head").get() as
    | { seq: number; mac: string; seal: string }
    | undefined;
  const rows = expected - 1;
  if (!head) {
    if (rows > 0) throw broken(rows, "stands, but the head of the chain was removed");
    return { rows: 0, head: first };
  }
  if (authenticate(key, headLine(head.seq, head.mac)) !== head.seal)
    throw broken(head.seq, "is named by a head of the chain that was changed");
  if (head.seq > rows) throw broken(rows + 1, "was removed");
  if (head.seq < rows || head.mac !== before) throw broken(head.seq + 1, "was put in");
  return { rows, head: head.mac };
};
