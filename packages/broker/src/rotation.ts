/** New credentials under a stable id: rotated, rolled back, or obtained again in a dialogue. */
import { type Ask, KeywrightError } from "@keywright/core";
import { type Connector, connectorOf, rowOf } from "./connector.ts";
import { materialOf, rowNamed } from "./connector-rows.ts";
import { type Context, record } from "./context.ts";
import { forsake, readKept, sweep } from "./keeper.ts";
import { draftOf } from "./registration.ts";
import {
  audited,
  dialogue,
  endOf,
  keepBoth,
  prove,
  replaceRow,
  type Saved,
  type SaveOptions,
  verified,
} from "./saving.ts";
import { needsLogin, storeCall } from "./sessions.ts";
import { transaction } from "./state.ts";
import { type ConnectorRow, from, run } from "./tables.ts";

export type Rotation = SaveOptions & {
  readonly secret?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly expiresAt?: string | undefined;
  /** Seconds for which the old one is kept for a rollback. */
  readonly overlapSeconds?: number;
};
/** A new main credential under the same id: verified first, then switched to. The old one is kept for the overlap. */
export const rotate = (context: Context, name: string, rotation: Rotation): Promise<Saved> =>
  audited(context, "connector.rotate", name, {}, async () => {
    const row = rowNamed(context, name);
    const before = connectorOf(row);
    const { connector: draft, secret = null } = draftOf(
      context,
      {
        ...before,
        resourceId: before.resourceId ?? undefined,
        lifetimeSeconds: before.lifetimeSeconds ?? undefined,
        config: { ...before.config, ...rotation.config },
        expiresAt: rotation.expiresAt,
        secret: rotation.secret,
      },
      before,
    );
    if (secret === null)
      throw new KeywrightError("usage", `${before.authMethod} keeps no credential that could be rotated.`, {
        hint: `Run keywright connector authenticate ${name} instead.`,
      });
    const parent = await dialogue(context, { connector: draft, secret }, rotation);
    const outcome = await prove(context, { connector: draft, secret, parent }, rotation);
    const connector = outcome ? verified(context, draft, outcome) : { ...draft, verifiedAt: null };
    return keepBoth(context, row.id, { secret, parent }, (paths) => {
      const keep = (rotation.overlapSeconds ?? 0) > 0;
      const next = rowOf(connector, {
        secret_path: paths.secret,
        parent_path: paths.parent,
        parent_expires_at: endOf(parent),
        previous_path: keep ? row.secret_path : null,
        previous_until: keep ? context.now() + (rotation.overlapSeconds ?? 0) * 1000 : null,
        previous_config: keep ? JSON.stringify({ config: row.config, expires_at: row.expires_at }) : null,
      });
      const dropped = replaceRow(context, row, next);
      forsake(context, [...(keep ? [] : [row.secret_path]), row.previous_path, row.parent_path]);
      record(context, {
        action: "connector.rotate",
        outcome: "allowed",
        connector: name,
        detail: {
          id: row.id,
          overlapSeconds: rotation.overlapSeconds ?? 0,
          droppedGrants: dropped,
          verified: outcome !== null,
        },
      });
      return { connector: connectorOf(next), checks: outcome?.checks ?? [], enabled: null };
    });
  }).finally(() => sweep(context, storeCall(context)).catch(() => 0));

/** Back to the credential before the last rotation, while it is kept. */
export const rollback = (context: Context, name: string, options: SaveOptions = {}): Promise<Saved> =>
  audited(context, "connector.rollback", name, {}, async () => {
    const row = rowNamed(context, name);
    if (row.previous_path === null || (row.previous_until ?? 0) <= context.now()) {
      throw new KeywrightError("secret-missing", `${name} has no earlier credential to go back to.`, {
        hint: "One is kept only for the --overlap of a rotation.",
      });
    }
    const secret = await readKept(context, row.previous_path, name, storeCall(context));
    const before = JSON.parse(row.previous_config ?? "{}") as Partial<Pick<ConnectorRow, "config" | "expires_at">>;
    const draft: Connector = {
      ...connectorOf({ ...row, ...before }),
      version: row.version + 1,
      updatedAt: new Date(context.now()).toISOString(),
    };
    const outcome = await prove(context, { connector: draft, secret, parent: null }, options);
    const connector = outcome ? verified(context, draft, outcome) : draft;
    return transaction(context.state, () => {
      const next = rowOf(connector, {
        secret_path: row.previous_path,
        parent_path: null,
        parent_expires_at: null,
        previous_path: null,
        previous_until: null,
        previous_config: null,
      });
      const dropped = replaceRow(context, row, next);
      forsake(context, [row.secret_path, row.parent_path]);
      record(context, {
        action: "connector.rollback",
        outcome: "allowed",
        connector: name,
        detail: { id: row.id, droppedGrants: dropped },
      });
      return { connector: connectorOf(next), checks: outcome?.checks ?? [], enabled: null };
    });
  }).finally(() => sweep(context, storeCall(context)).catch(() => 0));

/** The human dialogue again: MFA code, device code. The connector's own settings stay. */
export const authenticate = (
  context: Context,
  name: string,
  options: SaveOptions & { readonly ask: Ask },
): Promise<Saved> =>
  audited(context, "connector.authenticate", name, {}, async () => {
    const row = rowNamed(context, name);
    const material = await materialOf(context, row);
    if (!needsLogin(context, material.connector)) {
      throw new KeywrightError("unsupported", `${name} needs no dialogue: its method is ${row.auth_method}.`, {
        hint: `Check it with keywright connector verify ${name}`,
      });
    }
    const parent = await dialogue(context, material, options);
    const outcome = await prove(context, { ...material, parent }, options);
    const kept = outcome?.opened?.renewed ?? parent;
    return keepBoth(context, row.id, { secret: null, parent: kept }, (paths) => {
      const known = outcome ? verified(context, material.connector, outcome) : material.connector;
      const connector: Connector = {
        ...known,
        version: row.version + 1,
        updatedAt: new Date(context.now()).toISOString(),
      };
      const next = rowOf(connector, { ...row, parent_path: paths.parent, parent_expires_at: endOf(kept) });
      replaceRow(context, row, next);
      forsake(context, [row.parent_path]);
      record(context, {
        action: "connector.authenticate",
        outcome: "allowed",
        connector: name,
        detail: { id: row.id, until: endOf(kept) },
      });
      return { connector: connectorOf(next), checks: outcome?.checks ?? [], enabled: null };
    });
  }).finally(() => sweep(context, storeCall(context)).catch(() => 0));

/** A provider replaced what the dialogue yielded while a session was opened: kept before that session is used. */
export const keepRenewed = (
  context: Context,
  row: ConnectorRow,
  renewed: Readonly<Record<string, unknown>>,
): Promise<void> =>
  keepBoth(context, row.id, { secret: null, parent: renewed }, (paths) => {
    // Only in place of what it renews: a person who logged in meanwhile has given something newer.
    const changed = run(
      context.state,
      from
        .updateTable("connectors")
        .set({ parent_path: paths.parent, parent_expires_at: endOf(renewed) })
        .where("id", "=", row.id)
        .where("parent_path", "is", row.parent_path),
    );
    if (changed === 0) throw new KeywrightError("conflict", `The login of ${row.name} was replaced meanwhile.`);
    forsake(context, [row.parent_path]);
  }).catch((error: unknown) => {
    if (!KeywrightError.is(error) || error.code !== "conflict") throw error;
  });
