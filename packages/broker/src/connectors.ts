/** Registered connectors: saved with their credential in two phases, changed under a stable id, found by name or id. */
import { type Ask, accessLevels, behaviourOf, canonicalise, didYouMean, KeywrightError, waysOf } from "@keywright/core";
import { validate } from "@keywright/manifest/validate";
import type { Connector } from "./connector.ts";
import { connectorOf } from "./connector.ts";
import { type Context, record } from "./context.ts";
import { newId } from "./ids.ts";
import { forsake, keepWith, readKept, sweep } from "./keeper.ts";
import { resourceOf, valuesOf } from "./plan.ts";
import { methodOf, offerOf, secretSchemaOf } from "./plugins.ts";
import { callFor, login, type Material, needsLogin, storeCall } from "./sessions.ts";
import { transaction } from "./state.ts";
import { all, type ConnectorRow, from, one, run } from "./tables.ts";
import { collect, type ReportedCheck, type Verification, verificationFailed, verifySteps } from "./verify.ts";

export type Registration = {
  readonly name: string;
  readonly type: string;
  readonly authMethod: string;
  /** Left out: every resource type that the method reaches. */
  readonly resourceTypes?: readonly string[] | undefined;
  readonly resourceId?: string | undefined;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, unknown>> | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly description?: string;
  /** When the given credential itself ends. */
  readonly expiresAt?: string | undefined;
  /** How long before that it is no longer used; 300 when left out. */
  readonly expiresSkewSeconds?: number | undefined;
  readonly lifetimeSeconds?: number | undefined;
  readonly allowUnconfined?: boolean;
  readonly allowMainCredential?: boolean;
  readonly allowedEndpoints?: readonly string[];
  readonly allowedCommands?: readonly string[];
};
export type SaveOptions = {
  readonly verify?: boolean;
  readonly onCheck?: (check: ReportedCheck) => void;
  readonly ask?: Ask;
  readonly signal?: AbortSignal;
};
export type Saved = {
  readonly connector: Connector;
  readonly checks: readonly ReportedCheck[];
  readonly enabled: string | null;
};

const verifySeconds = 60;
const loginSeconds = 900;
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const checkName = (name: string) => {
  if (namePattern.test(name)) return;
  throw new KeywrightError("config-invalid", `${JSON.stringify(name.slice(0, 80))} is not a connector name.`, {
    hint: "A name has 1 to 63 letters, digits, dots, dashes and underscores, and begins with a letter or digit.",
  });
};
const checkLabels = (labels: Readonly<Record<string, string>>) => {
  for (const [key, value] of Object.entries(labels)) {
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/^[\w./-]{1,63}$/.test(key) && value.length <= 255 && !/[\u0000-\u001f]/.test(value)) continue;
    throw new KeywrightError("config-invalid", `The label ${JSON.stringify(key.slice(0, 80))} does not fit.`, {
      hint: "A key has 1 to 63 of letters, digits, . _ / -; a value up to 255 characters on one line.",
    });
  }
};
const checkTime = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  const at = Date.parse(text);
  if (!Number.isNaN(at) && /(Z|[+-]\d\d:\d\d)$/.test(text)) return at;
  throw new KeywrightError("config-invalid", `${JSON.stringify(text.slice(0, 40))} is not a time with a zone.`, {
    hint: "For example 2026-11-20T19:00:00Z.",
  });
};

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

/** The registration as a connector that is not saved yet: everything that can be checked without a network is. */
const draftOf = (
  context: Context,
  given: Registration,
  before: Connector | null,
): { connector: Connector; secret: Registration["secret"] | null } => {
  checkName(given.name);
  checkLabels(given.labels ?? {});
  const { type, plugin } = context.host.connectorType(given.type);
  const method = methodOf(type, given.authMethod);
  const config = validate(method.config, given.config ?? {}, `configuration of ${given.type} ${given.authMethod}`);
  let secret: Readonly<Record<string, unknown>> | null = null;
  if (method.secret !== null) {
    secret = validate(
      secretSchemaOf(plugin.manifest(), method.secret).schema,
      given.secret ?? {},
      `credential of ${given.type} ${given.authMethod}`,
      { secret: true },
    );
  } else if (given.secret && Object.keys(given.secret).length > 0) {
    throw new KeywrightError("config-invalid", `${given.authMethod} takes no stored credential.`, {
      hint: "Leave the secret fields out.",
    });
  }
  const facts = before?.facts ?? {};
  const values = valuesOf(config, facts);
  const behaviour = behaviourOf(method, values);
  const reachable = type.resources
    .filter((offer) => accessLevels.some((level) => waysOf(behaviour, offer, level).length > 0))
    .map((offer) => offer.type.id);
  const resourceTypes =
    given.resourceTypes && given.resourceTypes.length > 0 ? [...new Set(given.resourceTypes)] : reachable;
  for (const id of resourceTypes) {
    offerOf(type, id);
    if (!reachable.includes(id))
      throw new KeywrightError("access-not-offered", `${given.authMethod} cannot reach ${id}.`, {
        hint: `It reaches: ${reachable.join(", ")}.`,
      });
  }
  let resourceId: string | null = null;
  if (given.resourceId !== undefined && given.resourceId !== "") {
    const [only, ...others] = resourceTypes;
    const format = only === undefined ? null : offerOf(type, only).resourceId;
    if (others.length > 0)
      throw new KeywrightError("usage", "A connector for one resource needs its resource type.", {
        hint: `Add --resource-type, one of: ${resourceTypes.join(", ")}.`,
      });
    if (!format)
      throw new KeywrightError("resource-id-invalid", `${only} has no single resources, so it takes no resource id.`, {
        hint: "Leave --resource-id out.",
      });
    // What only the open session knows (the account) is filled in after verification; until then the spelling stands.
    resourceId = canonicalIfKnown(format, given.resourceId, values);
  }
  const expiresAt = checkTime(given.expiresAt);
  const now = context.now();
  return {
    secret,
    connector: {
      id: before?.id ?? newId(),
      name: given.name,
      type: given.type,
      authMethod: given.authMethod,
      resourceTypes,
      resourceId,
      config: config,
      labels: given.labels ?? {},
      description: given.description ?? "",
      facts,
      principal: before?.principal ?? null,
      verifiedAt: before?.verifiedAt ?? null,
      expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      expiresSkewSeconds: given.expiresSkewSeconds ?? 300,
      authenticatedUntil: null,
      lifetimeSeconds: given.lifetimeSeconds ?? null,
      allowUnconfined: given.allowUnconfined ?? false,
      allowMainCredential: given.allowMainCredential ?? false,
      allowedEndpoints: given.allowedEndpoints ?? [],
      allowedCommands: given.allowedCommands ?? [],
      previousUntil: before?.previousUntil ?? null,
      version: (before?.version ?? 0) + 1,
      createdAt: before?.createdAt ?? new Date(now).toISOString(),
      updatedAt: new Date(now).toISOString(),
    },
  };
};
const canonicalIfKnown = (
  format: NonNullable<ReturnType<typeof offerOf>["resourceId"]>,
  spelled: string,
  values: Readonly<Record<string, string | undefined>>,
): string => {
  try {
    return canonicalise(format, spelled, values).id;
  } catch (error) {
    if (
      KeywrightError.is(error) &&
      error.code === "resource-id-invalid" &&
      /not known yet|lacks its/.test(error.message)
    )
      return spelled.trim();
    throw error;
  }
};

const rowOf = (
  connector: Connector,
  paths: Pick<
    ConnectorRow,
    "secret_path" | "parent_path" | "parent_expires_at" | "previous_path" | "previous_until" | "previous_config"
  >,
): ConnectorRow => ({
  id: connector.id,
  name: connector.name,
  type: connector.type,
  auth_method: connector.authMethod,
  resource_types: JSON.stringify(connector.resourceTypes),
  resource_id: connector.resourceId,
  config: JSON.stringify(connector.config),
  labels: JSON.stringify(connector.labels),
  description: connector.description,
  facts: JSON.stringify(connector.facts),
  principal: connector.principal,
  verified_at: connector.verifiedAt === null ? null : Date.parse(connector.verifiedAt),
  secret_path: paths.secret_path,
  parent_path: paths.parent_path,
  parent_expires_at: paths.parent_expires_at,
  previous_path: paths.previous_path,
  previous_until: paths.previous_until,
  previous_config: paths.previous_config,
  expires_at: connector.expiresAt === null ? null : Date.parse(connector.expiresAt),
  expires_skew_seconds: connector.expiresSkewSeconds,
  lifetime_seconds: connector.lifetimeSeconds,
  allow_unconfined: connector.allowUnconfined ? 1 : 0,
  allow_main_credential: connector.allowMainCredential ? 1 : 0,
  allowed_endpoints: JSON.stringify(connector.allowedEndpoints),
  allowed_commands: JSON.stringify(connector.allowedCommands),
  version: connector.version,
  created_at: Date.parse(connector.createdAt),
  updated_at: Date.parse(connector.updatedAt),
});

const nameFree = (context: Context, name: string, id: string) => {
  const holder = one(context.state, from.selectFrom("connectors").select("id").where("name", "=", name));
  if (holder && holder.id !== id) {
    throw new KeywrightError("name-taken", `There is a connector ${name} already.`, {
      hint: "Take another name, or change that one with connector update or rotate.",
    });
  }
};

const verified = (context: Context, draft: Connector, outcome: Verification): Connector => {
  const { opened } = outcome;
  if (!opened) return draft;
  const facts = { ...draft.facts, ...(opened.facts as Record<string, string>) };
  const [only] = draft.resourceTypes;
  const format =
    draft.resourceId !== null && only !== undefined
      ? offerOf(context.host.connectorType(draft.type).type, only).resourceId
      : null;
  return {
    ...draft,
    facts,
    principal: opened.identity.principal,
    verifiedAt: new Date(context.now()).toISOString(),
    resourceId:
      format && draft.resourceId !== null
        ? canonicalise(format, draft.resourceId, valuesOf(draft.config, facts)).id
        : draft.resourceId,
  };
};

const prove = async (context: Context, material: Material, options: SaveOptions): Promise<Verification | null> => {
  if (options.verify === false) return null;
  const call = callFor(context, material.connector, { signal: options.signal, seconds: verifySeconds, prove: true });
  const outcome = await collect(verifySteps(context, material, call), options.onCheck);
  if (!outcome.ok) throw verificationFailed(material.connector.name, outcome);
  return outcome;
};
const dialogue = async (context: Context, material: Omit<Material, "parent">, options: SaveOptions) => {
  if (!needsLogin(context, material.connector)) return null;
  if (!options.ask) return null;
  const call = callFor(context, material.connector, { signal: options.signal, seconds: loginSeconds, prove: true });
  return login(context, material, options.ask, call);
};
const endOf = (parent: Readonly<Record<string, unknown>> | null): number | null =>
  typeof parent?.["expiresAt"] === "string" ? Date.parse(parent["expiresAt"]) : null;

const audited = async <T>(
  context: Context,
  action: string,
  connector: string,
  detail: Readonly<Record<string, unknown>>,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const code = KeywrightError.is(error) ? error.code : "internal";
    record(context, {
      action,
      outcome: code === "internal" ? "failed" : "refused",
      connector,
      detail: { ...detail, code },
    });
    throw error;
  }
};

/** Keeps `secret` and `parent` (each where given) under new paths, then runs `commit` with them, all or nothing. */
const keepBoth = async <T>(
  context: Context,
  id: string,
  values: {
    readonly secret: Readonly<Record<string, unknown>> | null;
    readonly parent: Readonly<Record<string, unknown>> | null;
  },
  commit: (paths: { readonly secret: string | null; readonly parent: string | null }) => T,
): Promise<T> => {
  const at = (fields: Readonly<Record<string, unknown>> | null) =>
    fields === null ? null : { path: `connectors/${id}/${newId()}`, values: fields };
  const secret = at(values.secret);
  const parent = at(values.parent);
  return keepWith(
    context,
    [secret, parent].filter((one) => one !== null),
    storeCall(context),
    () => commit({ secret: secret?.path ?? null, parent: parent?.path ?? null }),
  );
};

export const register = (context: Context, given: Registration, options: SaveOptions = {}): Promise<Saved> =>
  audited(context, "connector.register", given.name, { type: given.type, authMethod: given.authMethod }, async () => {
    const { connector: draft, secret = null } = draftOf(context, given, null);
    nameFree(context, draft.name, draft.id);
    const { plugin } = context.host.connectorType(given.type);
    const fresh = context.host.enable(plugin, context.state, context.now());
    if (fresh)
      record(context, {
        action: "plugin.enable",
        outcome: "allowed",
        connector: null,
        detail: { package: plugin.package, version: plugin.version, integrity: plugin.integrity() },
      });
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
    const connector = outcome ? verified(context, draft, outcome) : draft;
    context.checkpoint("row.write");
    return transaction(context.state, () => {
      nameFree(context, connector.name, connector.id);
      const next = rowOf(connector, row);
      const changed = run(
        context.state,
        from.updateTable("connectors").set(next).where("id", "=", row.id).where("version", "=", row.version),
      );
      if (changed === 0)
        throw new KeywrightError("conflict", `${name} was changed by somebody else meanwhile.`, {
          hint: "Look at it and try again.",
          retryable: true,
        });
      const dropped = dropGrants(context, row.id);
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
    const connector = outcome ? verified(context, draft, outcome) : draft;
    return keepBoth(context, row.id, { secret, parent }, (paths) => {
      const keep = (rotation.overlapSeconds ?? 0) > 0;
      const next = rowOf(connector, {
        secret_path: paths.secret,
        parent_path: paths.parent,
        parent_expires_at: endOf(parent),
        previous_path: keep ? row.secret_path : null,
        previous_until: keep ? context.now() + (rotation.overlapSeconds ?? 0) * 1000 : null,
        previous_config: keep ? row.config : null,
      });
      const changed = run(
        context.state,
        from.updateTable("connectors").set(next).where("id", "=", row.id).where("version", "=", row.version),
      );
      if (changed === 0)
        throw new KeywrightError("conflict", `${name} was changed by somebody else meanwhile.`, {
          hint: "Look at it and try again.",
          retryable: true,
        });
      forsake(context, [...(keep ? [] : [row.secret_path]), row.previous_path, row.parent_path]);
      const dropped = dropGrants(context, row.id);
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
    const config = row.previous_config ?? row.config;
    const draft: Connector = {
      ...connectorOf({ ...row, config }),
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
      const changed = run(
        context.state,
        from.updateTable("connectors").set(next).where("id", "=", row.id).where("version", "=", row.version),
      );
      if (changed === 0)
        throw new KeywrightError("conflict", `${name} was changed by somebody else meanwhile.`, {
          hint: "Look at it and try again.",
          retryable: true,
        });
      forsake(context, [row.secret_path, row.parent_path]);
      const dropped = dropGrants(context, row.id);
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
      const changed = run(
        context.state,
        from.updateTable("connectors").set(next).where("id", "=", row.id).where("version", "=", row.version),
      );
      if (changed === 0)
        throw new KeywrightError("conflict", `${name} was changed by somebody else meanwhile.`, {
          hint: "Run it again.",
          retryable: true,
        });
      forsake(context, [row.parent_path]);
      dropGrants(context, row.id);
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
    run(
      context.state,
      from
        .updateTable("connectors")
        .set({ parent_path: paths.parent, parent_expires_at: endOf(renewed) })
        .where("id", "=", row.id),
    );
    forsake(context, [row.parent_path]);
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
