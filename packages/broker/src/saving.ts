/** The one way to save a connector: dialogue, proof, then the secret and the row that names it, all or nothing, on record. */
import { type Ask, canonicalise, KeywrightError } from "@keywright/core";
import type { Connector } from "./connector.ts";
import { type Context, record } from "./context.ts";
import { newId } from "./ids.ts";
import { keepWith } from "./keeper.ts";
import { valuesOf } from "./plan.ts";
import { offerOf } from "./plugins.ts";
import { asOurs, callFor, login, type Material, needsLogin, storeCall } from "./sessions.ts";
import { dropGrants } from "./connector-rows.ts";
import { type ConnectorRow, from, one, run } from "./tables.ts";
import { collect, type ReportedCheck, type Verification, verificationFailed, verifySteps } from "./verify.ts";

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

export const verifySeconds = 60;
const loginSeconds = 900;

export const nameFree = (context: Context, name: string, id: string) => {
  // A connector is found by its id as well, so that nobody may be called as another's id is.
  const holder = one(
    context.state,
    from
      .selectFrom("connectors")
      .select("id")
      .where((is) => is.or([is("name", "=", name), is("id", "=", name)]))
      .where("id", "!=", id),
  );
  if (holder) {
    throw new KeywrightError("name-taken", `There is a connector ${name} already.`, {
      hint: "Take another name, or change that one with connector update or rotate.",
    });
  }
};

export const verified = (context: Context, draft: Connector, outcome: Verification): Connector => {
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

export const prove = async (
  context: Context,
  material: Material,
  options: SaveOptions,
): Promise<Verification | null> => {
  if (options.verify === false) return null;
  const call = callFor(context, material.connector, { signal: options.signal, seconds: verifySeconds, prove: true });
  const outcome = await collect(verifySteps(context, material, call), options.onCheck);
  if (!outcome.ok) throw verificationFailed(material.connector.name, outcome);
  return outcome;
};
export const dialogue = async (context: Context, material: Omit<Material, "parent">, options: SaveOptions) => {
  if (!needsLogin(context, material.connector)) return null;
  if (!options.ask) return null;
  const call = callFor(context, material.connector, { signal: options.signal, seconds: loginSeconds, prove: true });
  return login(context, material, options.ask, call);
};
export const endOf = (parent: Readonly<Record<string, unknown>> | null): number | null =>
  typeof parent?.["expiresAt"] === "string" ? Date.parse(parent["expiresAt"]) : null;

export const audited = async <T>(
  context: Context,
  action: string,
  connector: string,
  detail: Readonly<Record<string, unknown>>,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const ours = KeywrightError.is(error) ? asOurs(error, action, connector) : error;
    const code = KeywrightError.is(ours) ? ours.code : "internal";
    record(context, {
      action,
      outcome: code === "internal" ? "failed" : "refused",
      connector,
      detail: { ...detail, code },
    });
    throw ours;
  }
};

/** Keeps `secret` and `parent` (each where given) under new paths, then runs `commit` with them, all or nothing. */
export const keepBoth = async <T>(
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

/**
 * The row in place of the one that was read, and nothing of the old one served any more; `conflict` when somebody else was
 * faster. The number of grants that were dropped.
 */
export const replaceRow = (context: Context, read: ConnectorRow, next: ConnectorRow): number => {
  const changed = run(
    context.state,
    from.updateTable("connectors").set(next).where("id", "=", read.id).where("version", "=", read.version),
  );
  if (changed === 0) {
    throw new KeywrightError("conflict", `${read.name} was changed by somebody else meanwhile.`, {
      hint: "Look at it and try again.",
      retryable: true,
    });
  }
  return dropGrants(context, read.id);
};
