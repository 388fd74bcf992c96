/** What every part of the engine works with. */
import type { SecretStore } from "@keywright/core";
import type { KeyRing } from "@keywright/seal";
import { type AuditEntry, appendAudit } from "./audit.ts";
import type { Environment } from "./home.ts";
import type { PluginHost } from "./plugins.ts";
import { type State, transaction } from "./state.ts";

export type Context = {
  readonly state: State;
  readonly ring: KeyRing;
  readonly auditKey: Uint8Array;
  readonly host: PluginHost;
  readonly environment: Environment;
  /** Milliseconds since 1970, by the broker's clock. */
  readonly now: () => number;
  /** Who asks, as the audit names them. */
  readonly actor: string;
  readonly purpose: string | undefined;
  readonly store: () => Promise<SecretStore>;
  /** Called before and after each write, with its name: where tests pull the plug. */
  readonly checkpoint: (point: string) => void;
};

export type Outcome = Pick<AuditEntry, "action" | "outcome" | "connector" | "detail"> & {
  readonly grant?: string | null;
};
/** Within the transaction of what it tells of, or in one of its own. */
export const record = (context: Context, entry: Outcome): void =>
  transaction(context.state, () =>
    appendAudit(context.state.database, context.auditKey, {
      at: context.now(),
      actor: context.actor,
      action: entry.action,
      outcome: entry.outcome,
      connector: entry.connector,
      grant: entry.grant ?? null,
      detail: { ...entry.detail, ...(context.purpose !== undefined && { purpose: context.purpose }) },
    }),
  );
