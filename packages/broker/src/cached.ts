/**
 * A grant that is already there: looked up, unsealed, audited. The path of every helper process, so it imports neither a
 * query builder nor a schema library; the broker takes the same path before it mints.
 */
import { createHash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type KeyRing, unseal } from "@keywright/seal";
import { appendAudit } from "./audit.ts";
import { type State, transaction } from "./state.ts";

/** A request as its caller spells it. */
export type GrantRequest = {
  readonly connector: string;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  readonly access?: string | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly kind?: string | undefined;
};
export type CachedRow = {
  readonly id: string;
  readonly connector_name: string;
  readonly auth_method: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  readonly access: string;
  readonly kind: string;
  readonly confinement: string | null;
  readonly unconfined: number;
  readonly main_credential: number;
  readonly revocable: number;
  readonly lifetime_seconds: number | null;
  readonly lifetime_decided_by: string;
  readonly issued_at: number;
  readonly expires_at: number | null;
  readonly outlives_at: number | null;
  readonly sealed: Uint8Array;
};
export type Cached = { readonly row: CachedRow; readonly credential: Readonly<Record<string, unknown>> };

/** Names the request word for word, so that a repeated one needs no declarations to be understood. */
export const spelledKey = (request: GrantRequest): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        request.connector,
        request.resourceType ?? null,
        request.resourceId ?? null,
        request.access ?? null,
        request.ttlSeconds ?? null,
        request.kind ?? null,
      ]),
    )
    .digest("hex");

export const grantIdentity = (id: string): readonly string[] => ["grant", id];

const usable = `g.status = 'active' AND g.sealed IS NOT NULL AND (g.refresh_after IS NULL OR g.refresh_after > ?)`;
const columns = `g.id, g.connector_name, g.auth_method, g.resource_type, g.resource_id, g.access, g.kind, g.confinement, g.unconfined,
  g.main_credential, g.revocable, g.lifetime_seconds, g.lifetime_decided_by, g.issued_at, g.expires_at, g.outlives_at, g.sealed`;
const prepared = new WeakMap<DatabaseSync, { bySpelling: StatementSync; byKey: StatementSync }>();
const statementsOf = (database: DatabaseSync) => {
  const known = prepared.get(database);
  if (known) return known;
  const made = {
    bySpelling: database.prepare(
      `SELECT ${columns} FROM lookups l JOIN connectors c ON c.id = l.connector_id AND c.version = l.connector_version
         JOIN grants g ON g.cache_key = l.cache_key
       WHERE l.spelled = ? AND (c.expires_at IS NULL OR c.expires_at - c.expires_skew_seconds * 1000 > ?) AND ${usable}
       ORDER BY g.issued_at DESC LIMIT 1`,
    ),
    byKey: database.prepare(
      `SELECT ${columns} FROM grants g WHERE g.cache_key = ? AND ${usable} ORDER BY g.issued_at DESC LIMIT 1`,
    ),
  };
  prepared.set(database, made);
  return made;
};

export type Reader = {
  readonly state: State;
  readonly ring: KeyRing;
  readonly auditKey: Uint8Array;
  /** Who asks, as the audit names them. */
  readonly actor: string;
  readonly purpose?: string | undefined;
};

const serve = (reader: Reader, row: CachedRow, now: number): Cached => {
  const plain = unseal(reader.ring, grantIdentity(row.id), row.sealed).toString("utf8");
  transaction(reader.state, () =>
    appendAudit(reader.state.database, reader.auditKey, {
      at: now,
      actor: reader.actor,
      action: "grant.issue",
      outcome: "allowed",
      connector: row.connector_name,
      grant: row.id,
      detail: {
        resourceType: row.resource_type,
        resourceId: row.resource_id,
        access: row.access,
        cached: true,
        expiresAt: row.expires_at,
        ...(reader.purpose !== undefined && { purpose: reader.purpose }),
      },
    }),
  );
  return { row, credential: JSON.parse(plain) as Record<string, unknown> };
};

/** The row is durable in the audit before the grant is returned. Null: not cached, or too near its end. */
export const cachedBySpelling = (reader: Reader, request: GrantRequest, now: number): Cached | null => {
  const row = statementsOf(reader.state.database).bySpelling.get(spelledKey(request), now, now) as
    | CachedRow
    | undefined;
  return row ? serve(reader, row, now) : null;
};
export const cachedByKey = (reader: Reader, cacheKey: string, now: number): Cached | null => {
  const row = statementsOf(reader.state.database).byKey.get(cacheKey, now) as CachedRow | undefined;
  return row ? serve(reader, row, now) : null;
};
