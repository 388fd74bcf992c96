/** Registered connectors: saved, changed, verified and removed. */
import { KeywrightError } from "@keywright/core";
import { type Connector, connectorOf, rowOf } from "./connector.ts";
import { dropGrants, materialOf, rowNamed } from "./connector-rows.ts";
import { type Context, record } from "./context.ts";
import { forsake, sweep } from "./keeper.ts";
import { enablePlugin } from "./enabling.ts";
import { draftOf, type Registration } from "./registration.ts";
import { keepRenewed } from "./rotation.ts";
import {
  audited,
  dialogue,
  endOf,
  keepBoth,
  nameFree,
  prove,
  replaceRow,
  type Saved,
  type SaveOptions,
  verified,
  verifySeconds,
} from "./saving.ts";
import { callFor, storeCall } from "./sessions.ts";
import { transaction } from "./state.ts";
import { from, run } from "./tables.ts";
import { type ReportedCheck, type Verification, verifySteps } from "./verify.ts";

export const register = (context: Context, given: Registration, options: SaveOptions = {}): Promise<Saved> =>
  audited(context, "connector.register", given.name, { type: given.type, authMethod: given.authMethod }, async () => {
    const { connector: draft, secret = null } = draftOf(context, given, null);
    nameFree(context, draft.name, draft.id);
    const { plugin } = context.host.connectorType(given.type, "project");
    const fresh = await enablePlugin(context, plugin);
    const parent = await dialogue(context, { connector: draft, secret }, options);
    const outcome = await prove(context, { connector: draft, secret, parent }, options);
    const connector = outcome ? verified(context, draft, outcome) : draft;
    const kept = outcome?.opened?.renewed ?? parent;
    return keepBoth(context, connector.id, { secret, parent: kept }, (paths) => {
      nameFree(context, connector.name, connector.id);
      const row = rowOf(connector, {
        secret_path: paths.secret,
        parent_path: paths.parent,
        parent_expires_at: endOf(kept),
        previous_path: null,
        previous_until: null,
        previous_config: null,
      });
      run(context.state, from.insertInto("connectors").values(row));
      record(context, {
        action: "connector.register",
        outcome: "allowed",
        connector: connector.name,
        detail: {
          id: connector.id,
          type: connector.type,
          authMethod: connector.authMethod,
          resourceTypes: connector.resourceTypes,
          resourceId: connector.resourceId,
          verified: outcome !== null,
          allowUnconfined: connector.allowUnconfined,
          allowMainCredential: connector.allowMainCredential,
        },
      });
      return {
        connector: connectorOf(row),
        checks: outcome?.checks ?? [],
        enabled: fresh ? `${plugin.package}@${plugin.version}` : null,
      };
    });
  });

export type Changes = Partial<
  Omit<Registration, "type" | "secret" | "resourceId" | "lifetimeSeconds" | "expiresAt">
> & {
  readonly resourceId?: string | null | undefined;
  readonly lifetimeSeconds?: number | null | undefined;
  readonly expiresAt?: string | null | undefined;
  /** Configuration fields to remove. */
  readonly unset?: readonly string[];
};
const present = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;

/** Merges: what is not named stays as it is, so that no update widens a connector by what it leaves out. */
export const update = (context: Context, name: string, changes: Changes, options: SaveOptions = {}): Promise<Saved> =>
  audited(context, "connector.update", name, { fields: Object.keys(present(changes)) }, async () => {
    const row = rowNamed(context, name);
    if (changes.resourceTypes?.length === 0) {
      throw new KeywrightError("usage", "A connector needs at least one resource type.", {
        hint: "Name those it shall reach; leaving them out keeps what there is.",
      });
    }
    const before = connectorOf(row);
    const material = await materialOf(context, row);
    const config = Object.fromEntries(
      Object.entries({ ...before.config, ...changes.config }).filter(([key]) => !(changes.unset ?? []).includes(key)),
    );
    const { unset: _unset, ...rest } = changes;
    const merged = {
      name: before.name,
      authMethod: before.authMethod,
      resourceTypes: before.resourceTypes,
      resourceId: before.resourceId,
      labels: before.labels,
      description: before.description,
      expiresAt: before.expiresAt,
      expiresSkewSeconds: before.expiresSkewSeconds,
      lifetimeSeconds: before.lifetimeSeconds,
      allowUnconfined: before.allowUnconfined,
      allowMainCredential: before.allowMainCredential,
      allowedEndpoints: before.allowedEndpoints,
      allowedCommands: before.allowedCommands,
      ...present(rest),
      config,
      type: before.type,
    };
    const { connector: draft } = draftOf(
      context,
      {
        ...merged,
        resourceId: merged.resourceId ?? undefined,
        lifetimeSeconds: merged.lifetimeSeconds ?? undefined,
        expiresAt: merged.expiresAt ?? undefined,
        secret: material.secret ?? undefined,
      },
      before,
    );
    nameFree(context, draft.name, draft.id);
    const touchesAccess =
      changes.config !== undefined ||
      changes.unset !== undefined ||
      changes.authMethod !== undefined ||
      changes.resourceTypes !== undefined ||
      changes.resourceId !== undefined;
    const outcome = await prove(
      context,
      { ...material, connector: draft },
      { ...options, verify: options.verify ?? touchesAccess },
    );
    // What was not proven again is not known any more: the next use proves it.
    const unproven = touchesAccess ? { ...draft, verifiedAt: null } : draft;
    const connector = outcome ? verified(context, draft, outcome) : unproven;
    context.checkpoint("row.write");
    return transaction(context.state, () => {
      nameFree(context, connector.name, connector.id);
      const next = rowOf(connector, row);
      const dropped = replaceRow(context, row, next);
      record(context, {
        action: "connector.update",
        outcome: "allowed",
        connector: connector.name,
        detail: { id: row.id, fields: Object.keys(present(changes)), droppedGrants: dropped },
      });
      context.checkpoint("row.written");
      return { connector: connectorOf(next), checks: outcome?.checks ?? [], enabled: null };
    });
  });

/** Verifies what is stored, and keeps what was learnt. */
export async function* verifyStored(
  context: Context,
  name: string,
  options: {
    readonly resourceType?: string | undefined;
    readonly resourceId?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<ReportedCheck, Verification & { readonly connector: Connector }> {
  const row = rowNamed(context, name);
  const material = await materialOf(context, row);
  const call = callFor(context, material.connector, { signal: options.signal, seconds: verifySeconds, prove: true });
  const checks: ReportedCheck[] = [];
  const steps = verifySteps(context, material, call, options);
  for (;;) {
    const step = await steps.next();
    if (!step.done) {
      checks.push(step.value);
      yield step.value;
      continue;
    }
    const ok = step.value.opened !== null && checks.every((check) => check.ok);
    const outcome: Verification = { checks, ok, ...step.value };
    if (outcome.opened?.renewed) await keepRenewed(context, row, outcome.opened.renewed as Record<string, unknown>);
    const connector = ok ? verified(context, material.connector, outcome) : material.connector;
    transaction(context.state, () => {
      if (ok) {
        run(
          context.state,
          from
            .updateTable("connectors")
            .set({
              facts: JSON.stringify(connector.facts),
              principal: connector.principal,
              verified_at: context.now(),
              resource_id: connector.resourceId,
            })
            .where("id", "=", row.id)
            .where("version", "=", row.version),
        );
      }
      record(context, {
        action: "connector.verify",
        outcome: ok ? "allowed" : "failed",
        connector: row.name,
        detail: { checks: checks.map(({ step: at, ok: passed }) => [at, passed]) },
      });
    });
    return { ...outcome, connector };
  }
}

/** Removes the connector, its stored credentials and everything cached of it. */
export const remove = (context: Context, name: string): Promise<{ readonly id: string; readonly name: string }> =>
  audited(context, "connector.delete", name, {}, async () => {
    const row = rowNamed(context, name);
    context.checkpoint("row.write");
    transaction(context.state, () => {
      forsake(context, [row.secret_path, row.parent_path, row.previous_path]);
      const dropped = dropGrants(context, row.id);
      run(context.state, from.deleteFrom("connectors").where("id", "=", row.id));
      record(context, {
        action: "connector.delete",
        outcome: "allowed",
        connector: row.name,
        detail: { id: row.id, droppedGrants: dropped },
      });
      context.checkpoint("row.written");
    });
    await sweep(context, storeCall(context));
    return { id: row.id, name: row.name };
  });
