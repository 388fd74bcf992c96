/** A registration, checked with everything that needs no network, as a connector that is not saved yet. */
import { accessLevels, behaviourOf, canonicalise, KeywrightError, waysOf } from "@keywright/core";
import { validate } from "@keywright/manifest/validate";
import type { Connector } from "./connector.ts";
import type { Context } from "./context.ts";
import { newId } from "./ids.ts";
import { valuesOf } from "./plan.ts";
import { methodOf, offerOf, secretSchemaOf } from "./plugins.ts";

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

/** The registration as a connector that is not saved yet: everything that can be checked without a network is. */
export const draftOf = (
  context: Context,
  given: Registration,
  before: Connector | null,
): { connector: Connector; secret: Registration["secret"] | null } => {
  checkName(given.name);
  checkLabels(given.labels ?? {});
  // A new connector is of the project's own plugin, which this may be the first to use.
  const { type, plugin } = context.host.connectorType(given.type, before ? "enabled" : "project");
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
