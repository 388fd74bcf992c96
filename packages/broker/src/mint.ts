/** One upstream mint, over a session that is reused; recorded before and after. */
import { type CredentialKind, type Issued, KeywrightError, revealAll } from "@keywright/core";
import { seal } from "@keywright/seal";
import { grantIdentity } from "./cached.ts";
import { materialOf } from "./connector-rows.ts";
import { type Context, record } from "./context.ts";
import { newId } from "./ids.ts";
import { checkKey } from "./keeper.ts";
import type { Plan } from "./plan.ts";
import { keepRenewed } from "./rotation.ts";
import { type AnyOpened, type AnyRuntime, asOurs, callFor, open, within } from "./sessions.ts";
import { transaction } from "./state.ts";
import { type ConnectorRow, from, type GrantRow, one, run } from "./tables.ts";

export type IssueOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Deadline of the provider's calls. */
  readonly seconds?: number;
  /** Why, in the caller's words; stands in the audit. */
  readonly purpose?: string | undefined;
};
export const issueSeconds = 30;

/**
 * From when a cached grant is no longer handed out: clients refresh up to 15 minutes ahead of the end, so a long one is
 * left a quarter hour early and a short one at half its life, up to a tenth sooner so that not all come at once.
 */
const refreshAfter = (issuedAt: number, expiresAt: number): number => {
  const life = expiresAt - issuedAt;
  const margin = Math.min(16 * 60_000, life / 2);
  return Math.floor(expiresAt - margin - Math.random() * (life - margin) * 0.1);
};

const sessions = new Map<
  string,
  { readonly opened: AnyOpened; readonly runtime: AnyRuntime; readonly usableUntil: number }
>();
const sessionMs = 5 * 60_000;
/** Sessions of this connector are opened anew. */
export const forgetSessions = (connectorId: string) => {
  for (const key of sessions.keys()) if (key.startsWith(`${connectorId} `)) sessions.delete(key);
};
/** An open session of this connector, reused for a few minutes; a person never waits for two identity checks. */
export const sessionFor = async (context: Context, row: ConnectorRow, call: ReturnType<typeof callFor>) => {
  const key = `${row.id} ${row.version} ${context.state.directory}`;
  const known = sessions.get(key);
  if (known && known.usableUntil > context.now()) return known;
  const found = await open(context, await materialOf(context, row), call);
  const { opened } = found;
  if (opened.renewed) await keepRenewed(context, row, opened.renewed as Record<string, unknown>);
  const made = {
    ...found,
    usableUntil: Math.min(context.now() + sessionMs, (opened.expiresAt?.getTime() ?? Infinity) - 60_000),
  };
  // One for each connector: those of earlier versions hold credentials that nothing needs.
  for (const other of sessions.keys())
    if (other.startsWith(`${row.id} `) && other.endsWith(` ${context.state.directory}`)) sessions.delete(other);
  sessions.set(key, made);
  return made;
};

/** One mint, recorded before and after, so that a crash between the provider's yes and ours can be cleaned up. */
export const mint = async (
  context: Context,
  row: ConnectorRow,
  plan: Plan,
  cacheKey: string,
  options: IssueOptions,
): Promise<void> => {
  const { connector, cell, offer, resource } = plan;
  const id = newId();
  const now = context.now();
  const call = callFor(context, connector, {
    signal: options.signal,
    seconds: options.seconds ?? issueSeconds,
    grantId: id,
  });
  const fields: GrantRow = {
    id,
    cache_key: cacheKey,
    connector_id: connector.id,
    connector_name: connector.name,
    connector_version: connector.version,
    auth_method: connector.authMethod,
    resource_type: offer.type.id,
    resource_id: resource?.id ?? null,
    access: plan.access,
    kind: cell.kind,
    status: "pending",
    caller: context.actor,
    confinement: cell.confinement === null ? null : JSON.stringify(cell.confinement),
    unconfined: cell.confinement === null ? 1 : 0,
    main_credential: cell.mainCredential ? 1 : 0,
    revocable: cell.revocable ? 1 : 0,
    lifetime_seconds: plan.lifetime.seconds,
    lifetime_decided_by: plan.lifetime.decidedBy,
    issued_at: now,
    expires_at: null,
    refresh_after: null,
    outlives_at: null,
    handle: null,
    sealed: null,
    closed_at: null,
  };
  context.checkpoint("grant.intend");
  run(context.state, from.insertInto("grants").values(fields));
  try {
    const { opened, runtime } = await sessionFor(context, row, call);
    const cap = opened.cap;
    const capped =
      cap && (plan.lifetime.seconds === null || cap.seconds < plan.lifetime.seconds)
        ? { seconds: cap.seconds, decidedBy: cap.by }
        : plan.lifetime;
    const target = {
      resource,
      access: plan.access,
      kind: cell.kind,
      permissions: plan.permissions,
      confinement: cell.confinement,
      ttlSeconds: capped.seconds ?? 3600,
    };
    context.checkpoint("grant.issue");
    const issued = await within(
      call,
      () => runtime.resources[offer.type.id].issue(opened.session, target, call) as Promise<Issued<CredentialKind>>,
    );
    context.checkpoint("grant.issued");
    if (issued.kind !== cell.kind)
      throw new KeywrightError(
        "plugin-invalid",
        `The plugin of ${connector.type} answered with ${issued.kind} where it declares ${cell.kind}.`,
      );
    const issuedAt = context.now();
    // Nothing is served longer than was asked, whatever the provider gave.
    const asked = capped.seconds === null ? Infinity : issuedAt + capped.seconds * 1000;
    const given = issued.expiresAt?.getTime() ?? Infinity;
    const parent = opened.expiresAt?.getTime() ?? Infinity;
    // The stored credential itself ends when its connector says so.
    const stored = cell.mainCredential && row.expires_at !== null ? row.expires_at : Infinity;
    const end = Math.min(asked, given, parent, stored);
    // Providers cut expiries to whole seconds: what comes within two of what was asked is what was asked.
    const slack = 2_000;
    const seconds = !Number.isFinite(end)
      ? null
      : end >= asked - slack
        ? capped.seconds
        : Math.round((end - issuedAt) / 1000);
    const decidedBy =
      end < asked - slack
        ? Math.min(parent, stored) < given - slack
          ? "parent credential"
          : "provider"
        : capped.decidedBy;
    const outlives = issued.outlives?.getTime() ?? (given > end + slack && Number.isFinite(given) ? given : null);
    const plain = JSON.stringify(revealAll(issued.credential));
    transaction(context.state, () => {
      checkKey(context);
      const holder = one(context.state, from.selectFrom("connectors").select("version").where("id", "=", row.id));
      if (holder?.version !== row.version) {
        throw new KeywrightError("conflict", `${row.name} was changed or removed while it issued.`, {
          hint: "Try again.",
          retryable: true,
        });
      }
      run(
        context.state,
        from
          .updateTable("grants")
          .set({
            status: "active",
            issued_at: issuedAt,
            expires_at: Number.isFinite(end) ? end : null,
            refresh_after: Number.isFinite(end) ? refreshAfter(issuedAt, end) : null,
            lifetime_seconds: seconds,
            lifetime_decided_by: decidedBy,
            outlives_at: outlives,
            handle: issued.handle ?? null,
            sealed: seal(context.ring, grantIdentity(id), plain),
          })
          .where("id", "=", id),
      );
      record(context, {
        action: "grant.mint",
        outcome: "allowed",
        connector: connector.name,
        grant: id,
        detail: {
          resourceType: offer.type.id,
          resourceId: resource?.id ?? null,
          access: plan.access,
          kind: cell.kind,
          seconds,
          decidedBy,
          sessionName: call.sessionName,
          confinement: cell.confinement,
          mainCredential: cell.mainCredential,
        },
      });
      context.checkpoint("grant.written");
    });
  } catch (error) {
    const ours = asOurs(error, `Issuing from ${connector.name}`, connector.name);
    if (["credential-rejected", "expired", "reauthentication-required"].includes(ours.code)) forgetSessions(row.id);
    run(
      context.state,
      from.updateTable("grants").set({ status: "failed", closed_at: context.now() }).where("id", "=", id),
    );
    throw ours;
  }
};
