/** Issue, cache and revoke. N identical requests, in any number of processes, make one upstream mint. */
import { createHash } from "node:crypto";
import { type Confinement, KeywrightError, Redacted } from "@keywright/core";
import {
  type Cached,
  cachedByKey,
  cachedBySpelling,
  type CachedRow,
  type GrantRequest,
  type Reader,
  spelledKey,
} from "./cached.ts";
import { connectorOf } from "./connector.ts";
import { rowNamed } from "./connector-rows.ts";
import { type Context, record } from "./context.ts";
import { flyTogether } from "./flight.ts";
import { forgetSessions, type IssueOptions, issueSeconds, sessionFor } from "./mint.ts";
import { type Plan, planOf, refusalOf } from "./plan.ts";
import { asOurs, callFor, reauthenticate, within } from "./sessions.ts";
import { transaction } from "./state.ts";
import { all, type ConnectorRow, from, type GrantRow, one, run } from "./tables.ts";

export type Grant = {
  readonly id: string;
  readonly connector: string;
  readonly authMethod: string;
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly access: string;
  readonly kind: string;
  /** Secret fields are `Redacted`. */
  readonly credential: Readonly<Record<string, unknown>>;
  readonly issuedAt: Date;
  readonly expiresAt: Date | null;
  readonly lifetime: { readonly seconds: number | null; readonly decidedBy: string };
  /** Null: as wide as the connector's identity. */
  readonly confinement: Confinement | null;
  /** A switch of the operator was used: nothing narrows this grant, or it is the stored credential itself. */
  readonly unconfined: boolean;
  readonly mainCredential: boolean;
  readonly revocable: boolean;
  /** When the provider itself ends the credential, where that is later than `expiresAt`. */
  readonly outlives: Date | null;
};
/** A grant without its credential. */
export type GrantRecord = Omit<Grant, "credential"> & { readonly status: GrantRow["status"]; readonly caller: string };
const recordOf = (row: Omit<CachedRow, "sealed">) => ({
  id: row.id,
  connector: row.connector_name,
  authMethod: row.auth_method,
  resourceType: row.resource_type,
  resourceId: row.resource_id,
  access: row.access,
  kind: row.kind,
  issuedAt: new Date(row.issued_at),
  expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
  lifetime: { seconds: row.lifetime_seconds, decidedBy: row.lifetime_decided_by },
  confinement: row.confinement === null ? null : (JSON.parse(row.confinement) as Confinement),
  unconfined: row.unconfined === 1,
  mainCredential: row.main_credential === 1,
  revocable: row.revocable === 1,
  outlives: row.outlives_at === null ? null : new Date(row.outlives_at),
});

/** Fields of a kind that are secrets, from the manifests. */
const secretFields = (context: Context, kind: string): ReadonlySet<string> => {
  for (const plugin of context.host.readable()) {
    const found = plugin.manifest().credentialKinds.find((one) => one.id === kind);
    if (found)
      return new Set(
        Object.entries(found.schema.properties ?? {}).flatMap(([name, field]) =>
          field["writeOnly"] === true ? [name] : [],
        ),
      );
  }
  throw new KeywrightError("plugin-invalid", `No installed plugin brings the credential kind ${kind}.`);
};
const grantOf = (context: Context, { row, credential }: Cached): Grant => {
  const secrets = secretFields(context, row.kind);
  return {
    ...recordOf(row),
    credential: Object.fromEntries(
      Object.entries(credential).map(([name, value]) => [name, secrets.has(name) ? new Redacted(value) : value]),
    ),
  };
};

const cacheKeyOf = ({ connector, offer, resource, access, cell, lifetime }: Plan, asked: number | undefined): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        connector.id,
        connector.version,
        offer.type.id,
        resource?.id ?? null,
        access,
        cell.kind,
        asked === undefined ? null : lifetime.seconds,
        cell.confinement,
      ]),
    )
    .digest("hex");

/** The provider is down and what was minted still has a minute: it is served, and the audit says why. */
const lastResort = (context: Context, cacheKey: string): Cached | null => {
  const row = one(
    context.state,
    from
      .selectFrom("grants")
      .selectAll()
      .where("cache_key", "=", cacheKey)
      .where("status", "=", "active")
      .where("expires_at", ">", context.now() + 60_000)
      .orderBy("expires_at", "desc"),
  );
  if (!row) return null;
  run(
    context.state,
    from
      .updateTable("grants")
      .set({ refresh_after: context.now() + 10_000 })
      .where("id", "=", row.id)
      .where("refresh_after", "<", context.now()),
  );
  return cachedByKey(readerOf(context), cacheKey, context.now());
};

const readerOf = (context: Context): Reader => ({
  state: context.state,
  ring: context.ring,
  auditKey: context.auditKey,
  actor: context.actor,
  purpose: context.purpose,
});

const refused = (context: Context, request: GrantRequest, error: KeywrightError) =>
  record(context, {
    action: "grant.issue",
    outcome: ["provider-unavailable", "provider-throttled", "deadline-exceeded", "internal"].includes(error.code)
      ? "failed"
      : "refused",
    connector: request.connector,
    detail: {
      resourceType: request.resourceType ?? null,
      resourceId: request.resourceId?.slice(0, 2048) ?? null,
      access: request.access ?? null,
      code: error.code,
    },
  });

const expired = (row: ConnectorRow): KeywrightError =>
  new KeywrightError(
    "expired",
    `The credential stored in ${row.name} ended at ${new Date(row.expires_at ?? 0).toISOString()} (used until ${row.expires_skew_seconds} s before).`,
    {
      hint: `Give a new one: keywright connector rotate ${row.name}`,
    },
  );

/** A plan that holds at this moment: in scope, allowed by the switches, its credential alive. */
const permitted = (context: Context, request: GrantRequest): { readonly row: ConnectorRow; readonly plan: Plan } => {
  const row = rowNamed(context, request.connector);
  const connector = connectorOf(row);
  const { type } = context.host.connectorType(row.type);
  const plan = planOf(connector, type, request);
  const refusal = refusalOf(plan);
  if (refusal) throw refusal;
  if (row.expires_at !== null && row.expires_at - row.expires_skew_seconds * 1000 <= context.now()) throw expired(row);
  if (
    row.parent_expires_at !== null &&
    row.parent_expires_at <= context.now() &&
    type.authMethods.find((one) => one.id === row.auth_method)?.login &&
    row.auth_method !== "sso"
  ) {
    throw reauthenticate(row.name, `its login ended at ${new Date(row.parent_expires_at).toISOString()}`);
  }
  return { row, plan };
};

export const issue = async (asked: Context, request: GrantRequest, options: IssueOptions = {}): Promise<Grant> => {
  const context = options.purpose === undefined ? asked : { ...asked, purpose: options.purpose };
  const fast = cachedBySpelling(readerOf(context), request, context.now());
  if (fast) return grantOf(context, fast);
  try {
    const { row, plan } = permitted(context, request);
    const cacheKey = cacheKeyOf(plan, request.ttlSeconds);
    const lookup = {
      spelled: spelledKey(request),
      cache_key: cacheKey,
      connector_id: row.id,
      connector_version: row.version,
    };
    run(
      context.state,
      from
        .insertInto("lookups")
        .values(lookup)
        .onConflict((on) => on.column("spelled").doUpdateSet(lookup)),
    );
    for (let attempt = 0; attempt < 3; attempt++) {
      const cached = cachedByKey(readerOf(context), cacheKey, context.now());
      if (cached) return grantOf(context, cached);
      try {
        await flyTogether(context, row, plan, cacheKey, options);
      } catch (error) {
        const kept =
          KeywrightError.is(error) &&
          ["provider-unavailable", "provider-throttled", "deadline-exceeded"].includes(error.code)
            ? lastResort(context, cacheKey)
            : null;
        if (kept) return grantOf(context, kept);
        throw error;
      }
    }
    throw new KeywrightError(
      "provider-unavailable",
      `${row.name} issues credentials that end before they can be used.`,
      { hint: "Ask for a longer lifetime; check this machine's clock.", retryable: true },
    );
  } catch (error) {
    const ours = asOurs(error, `Issuing from ${request.connector}`);
    refused(context, request, ours);
    throw ours;
  }
};

export type Preview = {
  readonly connector: string;
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly access: string;
  readonly kind: string;
  readonly lifetime: { readonly seconds: number | null; readonly decidedBy: string };
  readonly confinement: Confinement | null;
  readonly mainCredential: boolean;
  readonly revocable: boolean;
  readonly permissions: readonly unknown[];
  readonly note: string | null;
  /** Why it would be refused, or null. */
  readonly refused: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
};
/** The grant that would come: no secret, no call. */
export const preview = (context: Context, request: GrantRequest): Preview => {
  const row = rowNamed(context, request.connector);
  const plan = planOf(connectorOf(row), context.host.connectorType(row.type).type, request);
  const refusal = refusalOf(plan);
  return {
    connector: row.name,
    resourceType: plan.offer.type.id,
    resourceId: plan.resource?.id ?? null,
    access: plan.access,
    kind: plan.cell.kind,
    lifetime: plan.lifetime,
    confinement: plan.cell.confinement,
    mainCredential: plan.cell.mainCredential,
    revocable: plan.cell.revocable,
    permissions: plan.permissions,
    note: plan.cell.note ?? null,
    refused: refusal && { code: refusal.code, message: refusal.message, hint: refusal.hint ?? null },
  };
};

/** A caller was refused with this grant: it is dropped, and the next request mints anew. */
export const reject = (context: Context, id: string): boolean =>
  transaction(context.state, () => {
    const changed = run(
      context.state,
      from
        .updateTable("grants")
        .set({ status: "dropped", sealed: null, closed_at: context.now() })
        .where("id", "=", id)
        .where("status", "=", "active"),
    );
    const row = one(
      context.state,
      from.selectFrom("grants").select(["connector_name", "connector_id"]).where("id", "=", id),
    );
    if (changed > 0)
      record(context, {
        action: "grant.reject",
        outcome: "allowed",
        connector: row?.connector_name ?? null,
        grant: id,
        detail: {},
      });
    if (row) forgetSessions(row.connector_id);
    return changed > 0;
  });

export const listGrants = (
  context: Context,
  filter: {
    readonly connector?: string | undefined;
    readonly status?: GrantRow["status"] | undefined;
    readonly limit?: number | undefined;
  } = {},
): GrantRecord[] => {
  let query = from
    .selectFrom("grants")
    .selectAll()
    .orderBy("issued_at", "desc")
    .limit(filter.limit ?? 1000);
  if (filter.connector !== undefined) query = query.where("connector_name", "=", filter.connector);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  return all(context.state, query).map((row) => ({ ...recordOf({ ...row }), status: row.status, caller: row.caller }));
};
const grantRow = (context: Context, id: string): GrantRow => {
  const row = one(context.state, from.selectFrom("grants").selectAll().where("id", "=", id));
  if (!row)
    throw new KeywrightError("grant-not-found", `There is no grant ${id}.`, {
      hint: "keywright grant list shows them.",
    });
  return row;
};
export const describeGrant = (context: Context, id: string): GrantRecord => {
  const row = grantRow(context, id);
  return { ...recordOf(row), status: row.status, caller: row.caller };
};

export type Revocation = {
  readonly id: string;
  readonly status: "revoked";
  /** Until when the provider may still accept it; null: ended now. */ readonly validUntil: Date | null;
};
/** Ends a grant: at the provider where it can, and always here. Says until when it may still work elsewhere. */
export const revoke = async (context: Context, id: string, options: IssueOptions = {}): Promise<Revocation> => {
  const row = grantRow(context, id);
  if (row.revocable === 1 && row.status !== "revoked") {
    const holder = one(context.state, from.selectFrom("connectors").selectAll().where("id", "=", row.connector_id));
    if (holder) {
      const connector = connectorOf(holder);
      const call = callFor(context, connector, {
        signal: options.signal,
        seconds: options.seconds ?? issueSeconds,
        grantId: id,
      });
      const { opened, runtime } = await sessionFor(context, holder, call);
      const plan = planOf(connector, context.host.connectorType(holder.type).type, {
        resourceType: row.resource_type,
        resourceId: row.resource_id ?? undefined,
        access: row.access,
      });
      const target = {
        resource: plan.resource,
        access: plan.access,
        kind: row.kind,
        permissions: plan.permissions,
        confinement: plan.cell.confinement,
        ttlSeconds: 0,
      };
      await within(
        call,
        () => runtime.resources[row.resource_type].revoke(opened.session, target, row.handle, call) as Promise<void>,
      );
    }
  }
  transaction(context.state, () => {
    run(
      context.state,
      from
        .updateTable("grants")
        .set({ status: "revoked", sealed: null, closed_at: context.now() })
        .where("id", "=", id),
    );
    record(context, {
      action: "grant.revoke",
      outcome: "allowed",
      connector: row.connector_name,
      grant: id,
      detail: { atProvider: row.revocable === 1 },
    });
  });
  const end = row.outlives_at ?? row.expires_at;
  return {
    id,
    status: "revoked",
    validUntil: row.revocable === 1 || end === null || end <= context.now() ? null : new Date(end),
  };
};

/** Ends what expired, removes credentials that nothing serves any more, and forgets lookups of gone versions. */
export const tidy = (context: Context): void =>
  transaction(context.state, () => {
    const now = context.now();
    run(
      context.state,
      from.updateTable("grants").set({ sealed: null }).where("expires_at", "<", now).where("sealed", "is not", null),
    );
    run(
      context.state,
      from
        .updateTable("grants")
        .set({ status: "failed", closed_at: now })
        .where("status", "=", "pending")
        .where("issued_at", "<", now - 10 * 60_000),
    );
    run(
      context.state,
      from
        .deleteFrom("flights")
        .where("owner", "is", null)
        .where("until", "<", Date.now() - 60_000),
    );
    run(
      context.state,
      from
        .deleteFrom("lookups")
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom("connectors")
                .select("id")
                .whereRef("connectors.id", "=", "lookups.connector_id")
                .whereRef("connectors.version", "=", "lookups.connector_version"),
            ),
          ),
        ),
    );
  });
