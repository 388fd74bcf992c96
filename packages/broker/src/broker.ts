/** The engine behind every door: opened on a state folder, closed when done. */
import { userInfo } from "node:os";
import { type Access, type Ask, type Found, KeywrightError, type Permission, type SecretStore } from "@keywright/core";
import { type KeyRing, sealedUnder, sealerOf, seal, unseal } from "@keywright/seal";
import { type AuditProof, type AuditRow, listAudit, verifyAudit } from "./audit.ts";
import { type GrantRequest, grantIdentity } from "./cached.ts";
import { type Connector, connectorOf } from "./connector.ts";
import * as connectors from "./connectors.ts";
import { type ConnectorFilter, listConnectors, rowNamed } from "./connector-rows.ts";
import type { IssueOptions } from "./mint.ts";
import type { Registration } from "./registration.ts";
import * as rotation from "./rotation.ts";
import type { SaveOptions } from "./saving.ts";
import { type Context, record } from "./context.ts";
import * as grants from "./grants.ts";
import { disablePlugin, enablePlugin, type Enabling } from "./enabling.ts";
import { type Environment, homeOf } from "./home.ts";
import { newId } from "./ids.ts";
import { forsake, sweep } from "./keeper.ts";
import {
  addKey,
  auditKeyOf,
  beginRotation,
  dropOldKeys,
  type KeyInfo,
  keyInfo,
  loadKeys,
  recordKey,
  resealAuditKey,
} from "./key.ts";
import * as listing from "./listing.ts";
import type { InstalledPlugin } from "./plugin-package.ts";
import { createPluginHost, type PluginHost } from "./plugins.ts";
import { callFor, runtimeOf, storeCall } from "./sessions.ts";
import { openState, transaction } from "./state.ts";
import { all, from, one, run } from "./tables.ts";
import { permissionsFor, type ReportedCheck, type Verification } from "./verify.ts";

export type BrokerOptions = {
  /** State folder; `KEYWRIGHT_HOME` or the platform's when left out. */
  readonly directory?: string;
  readonly environment?: Environment;
  /** Project folder whose plugins may be enabled; null: only those enabled before. */
  readonly project?: string | null;
  /** Folders of plugins that come with Keywright. */
  readonly builtIn: readonly string[];
  readonly clock?: () => Date;
  /** Who asks; the user of the operating system when left out. */
  readonly actor?: string;
  readonly purpose?: string;
  readonly checkpoint?: (point: string) => void;
};

export type Broker = ReturnType<typeof assemble>;

export const localActor = (): string => {
  try {
    return `local:${userInfo().username}`;
  } catch {
    return `local:${process.getuid?.() ?? "unknown"}`;
  }
};

const localStorePackage = "@keywright/local";
const openLocalStore = async (context: Omit<Context, "store">): Promise<SecretStore> => {
  const plugin = context.host.plugins().find((known) => known.package === localStorePackage);
  if (!plugin)
    throw new KeywrightError("plugin-invalid", `The built-in secret store ${localStorePackage} is not installed.`, {
      hint: "Reinstall keywright.",
    });
  const code = await context.host.load(plugin);
  const declared = code.secretStores?.find((store) => store.type.id === "local");
  if (!declared)
    throw new KeywrightError("plugin-invalid", `${localStorePackage} brings no store.`, {
      hint: "Reinstall keywright.",
    });
  const { default: runtime } = (await declared.load()) as {
    default: { open(input: object, call: unknown): Promise<SecretStore> };
  };
  const { directory } = context.state;
  return runtime.open(
    { config: { directory }, grant: null, sealer: sealerOf(context.ring, "local store") },
    storeCall(context as Context),
  );
};

export const createBroker = async (options: BrokerOptions): Promise<Broker> => {
  const environment = options.environment ?? process.env;
  const state = openState(options.directory ?? homeOf(environment));
  if (!state) throw new KeywrightError("internal", "The state could not be opened.");
  try {
    const host = createPluginHost({ project: options.project ?? null, builtIn: options.builtIn, state });
    const ring = loadKeys(state, environment);
    const made = {
      state,
      ring,
      auditKey: auditKeyOf(state, ring),
      host,
      environment,
      now: () => (options.clock ? options.clock().getTime() : Date.now()),
      actor: options.actor ?? localActor(),
      purpose: options.purpose,
      checkpoint: options.checkpoint ?? (() => {}),
    };
    let store: Promise<SecretStore> | null = null;
    const context: Context = { ...made, store: () => (store ??= openLocalStore(made)) };
    grants.tidy(context);
    if (one(state, from.selectFrom("pending_secrets").select("path"))) await sweep(context, storeCall(context));
    await expireOverlaps(context);
    return assemble(context, async () => {
      const opened = await (store as Promise<SecretStore> | null);
      opened?.close?.();
      state.close();
    });
  } catch (error) {
    state.close();
    throw error;
  }
};

/** Older credentials whose overlap is over. */
const expireOverlaps = async (context: Context): Promise<void> => {
  const rows = all(
    context.state,
    from.selectFrom("connectors").selectAll().where("previous_until", "<=", context.now()),
  );
  if (rows.length === 0) return;
  transaction(context.state, () => {
    for (const row of rows) {
      forsake(context, [row.previous_path]);
      run(
        context.state,
        from
          .updateTable("connectors")
          .set({ previous_path: null, previous_until: null, previous_config: null })
          .where("id", "=", row.id),
      );
    }
  });
  await sweep(context, storeCall(context));
};

/** Seals everything anew under a new key; after a kill, the next run goes on where this one stopped. */
const rotateKey = async (
  context: Context,
  replacement: string | undefined,
): Promise<{ readonly id: string; readonly resealed: number; readonly source: string }> => {
  const { state } = context;
  const done = beginRotation(state);
  try {
    return await rotateAlone(context, replacement);
  } finally {
    done();
  }
};
const rotateAlone = async (context: Context, replacement: string | undefined) => {
  const { state } = context;
  const { ring, info } = addKey(state, context.environment, replacement);
  context.checkpoint("key.added");
  resealAuditKey(state, ring);
  recordKey(state, ring.current.id);
  context.checkpoint("key.recorded");
  const resealed = await resealAll({ ...context, ring });
  context.checkpoint("key.resealed");
  record(
    { ...context, ring },
    { action: "key.rotate", outcome: "allowed", connector: null, detail: { id: ring.current.id, resealed } },
  );
  dropOldKeys(state, ring, new Set());
  return { id: ring.current.id, resealed, source: info.source };
};
const resealAll = async (context: Omit<Context, "store"> & { readonly ring: KeyRing }): Promise<number> => {
  const { state, ring } = context;
  let resealed = 0;
  for (const { id } of all(state, from.selectFrom("grants").select("id").where("sealed", "is not", null))) {
    resealed += transaction(state, () => {
      const row = one(state, from.selectFrom("grants").select(["id", "sealed"]).where("id", "=", id));
      if (!row?.sealed || sealedUnder(row.sealed) === ring.current.id) return 0;
      context.checkpoint("key.reseal");
      const sealed = seal(ring, grantIdentity(id), unseal(ring, grantIdentity(id), row.sealed));
      return run(state, from.updateTable("grants").set({ sealed }).where("id", "=", id));
    });
  }
  const store = await openLocalStore(context);
  try {
    const done = (await store.reseal?.(storeCall(context as Context))) ?? { resealed: 0 };
    return resealed + done.resealed;
  } finally {
    store.close?.();
  }
};

export type Discovery = Found<never, never> & {
  readonly authMethod: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secret: Readonly<Record<string, unknown>> | null;
};
/** What the surroundings offer for a type, method by method, in the order of the declaration. */
async function* discover(
  context: Context,
  given: {
    readonly type: string;
    readonly authMethod?: string | undefined;
    readonly config?: Readonly<Record<string, unknown>>;
    readonly allowedEndpoints?: readonly string[];
    readonly allowedCommands?: readonly string[];
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<Discovery> {
  const { type, plugin } = context.host.connectorType(given.type, "project");
  await enablePlugin(context, plugin);
  const { runtime } = await runtimeOf(context, given.type);
  const now = new Date(context.now()).toISOString();
  const stand: Connector = {
    id: newId(),
    name: "auto-configuration",
    type: given.type,
    authMethod: "",
    resourceTypes: [],
    resourceId: null,
    config: given.config ?? {},
    labels: {},
    description: "",
    facts: {},
    principal: null,
    verifiedAt: null,
    expiresAt: null,
    expiresSkewSeconds: 0,
    authenticatedUntil: null,
    lifetimeSeconds: null,
    allowUnconfined: false,
    allowMainCredential: false,
    allowedEndpoints: given.allowedEndpoints ?? [],
    allowedCommands: given.allowedCommands ?? [],
    previousUntil: null,
    version: 0,
    createdAt: now,
    updatedAt: now,
  };
  for (const method of type.authMethods) {
    if (given.authMethod !== undefined && method.id !== given.authMethod) continue;
    const offered = runtime.authMethods[method.id]?.discover?.(
      context.environment,
      callFor(context, stand, { signal: given.signal, seconds: 30 }),
    );
    if (!offered) continue;
    for await (const found of offered) yield { ...found, authMethod: method.id } as Discovery;
  }
}

const assemble = (context: Context, close: () => Promise<void>) => ({
  directory: context.state.directory,
  actor: context.actor,
  plugins: {
    ...(context.host as Omit<PluginHost, "enable" | "disable">),
    /** Proves the code against its manifest and records its files; `accept` takes what differs from what was recorded. */
    enable: (plugin: InstalledPlugin, how?: Enabling) => enablePlugin(context, plugin, how),
    disable: (name: string) => disablePlugin(context, name),
  },
  key: (): KeyInfo | null => keyInfo(context.state),
  close,
  connectors: {
    register: (given: Registration, options?: SaveOptions) => connectors.register(context, given, options),
    get: (name: string): Connector => connectorOf(rowNamed(context, name)),
    list: (filter?: ConnectorFilter) => listConnectors(context, filter),
    update: (name: string, changes: connectors.Changes, options?: SaveOptions) =>
      connectors.update(context, name, changes, options),
    rotate: (name: string, how: rotation.Rotation) => rotation.rotate(context, name, how),
    rollback: (name: string, options?: SaveOptions) => rotation.rollback(context, name, options),
    authenticate: (name: string, options: SaveOptions & { readonly ask: Ask }) =>
      rotation.authenticate(context, name, options),
    delete: (name: string) => connectors.remove(context, name),
    /** Yields checks as they happen; returns the whole report. */
    verify: (
      name: string,
      options: Parameters<typeof connectors.verifyStored>[2] = {},
    ): AsyncGenerator<ReportedCheck, Verification & { readonly connector: Connector }> =>
      connectors.verifyStored(context, name, options),
    discover: (given: Parameters<typeof discover>[1]) => discover(context, given),
    /** What the identity must be allowed; `document` is ready to paste. Runs the plugin only to render it. */
    permissions: async (
      name: string,
      access?: Access,
    ): Promise<{ readonly rows: readonly Permission[]; readonly document: string | null }> => {
      const connector = connectorOf(rowNamed(context, name));
      const rows = permissionsFor(context, connector, access);
      const { runtime } = await runtimeOf(context, connector.type);
      return { rows, document: runtime.permissionDocument?.(rows) ?? null };
    },
  },
  resources: {
    list: (filter: Parameters<typeof listing.listResources>[1] = {}) => listing.listResources(context, filter),
  },
  grants: {
    issue: (request: GrantRequest, options?: IssueOptions) => grants.issue(context, request, options),
    preview: (request: GrantRequest) => grants.preview(context, request),
    /** A caller was refused with it: drop it, so that the next request mints anew. */
    reject: (id: string) => grants.reject(context, id),
    revoke: (id: string, options?: IssueOptions) => grants.revoke(context, id, options),
    list: (filter?: Parameters<typeof grants.listGrants>[1]) => grants.listGrants(context, filter),
    get: (id: string) => grants.describeGrant(context, id),
  },
  audit: {
    list: (filter?: Parameters<typeof listAudit>[1]): AuditRow[] => [...listAudit(context.state.database, filter)],
    verify: (): AuditProof => verifyAudit(context.state.database, context.auditKey),
    record: (action: string, connector: string | null, detail: Readonly<Record<string, unknown>>) =>
      record(context, { action, outcome: "allowed", connector, detail }),
  },
  keys: { rotate: (replacement?: string) => rotateKey(context, replacement) },
});
