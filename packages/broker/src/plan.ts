/** From a request to what will be asked of the plugin: scope, cell, switches and lifetime. Pure: declarations and a row. */
import {
  type Access,
  accessLevels,
  behaviourOf,
  type Canonical,
  canonicalise,
  type Cell,
  cellOf,
  type Condition,
  didYouMean,
  fill,
  isWithin,
  KeywrightError,
  type Permission,
  rowsOf,
  type Values,
  waysOf,
} from "@keywright/core";
import type { ManifestAuthMethod, ManifestConnector, ManifestOffer } from "@keywright/manifest";
import type { GrantRequest } from "./cached.ts";
import type { Connector } from "./connector.ts";
import { methodOf, offerOf } from "./plugins.ts";

/** Configuration and kept facts as template values. */
export const valuesOf = (
  config: Readonly<Record<string, unknown>>,
  facts: Readonly<Record<string, string>>,
): Values => ({
  ...Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean"
        ? [[key, String(value)]]
        : [],
    ),
  ),
  // A fact that the provider did not tell is empty, and as good as absent.
  ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== "")),
});
export const holds = (condition: Condition | undefined, values: Values): boolean =>
  condition === undefined ||
  (condition.is === undefined ? (values[condition.name] ?? "") !== "" : values[condition.name] === condition.is);

export type Plan = {
  readonly connector: Connector;
  readonly method: ManifestAuthMethod;
  readonly variant: string | null;
  readonly offer: ManifestOffer;
  readonly resource: Canonical | null;
  readonly access: Access;
  readonly cell: Cell;
  readonly permissions: readonly Permission[];
  readonly values: Values;
  readonly lifetime: Effective;
};
/** `seconds` null: whoever issues decides. */
export type Effective = { readonly seconds: number | null; readonly decidedBy: string };

const accessOf = (offered: readonly Access[], asked: string | undefined, what: string): Access => {
  const levels = offered.join(", ");
  if (asked === undefined) {
    if (offered.includes("read")) return "read";
    throw new KeywrightError(
      "access-not-offered",
      `${what} offers no read access, so the access must be named: ${levels}.`,
      { hint: `Add --access ${offered[0]}.` },
    );
  }
  const found = offered.find((one) => one === asked);
  if (found) return found;
  throw new KeywrightError(
    "access-not-offered",
    `${what} offers ${levels}, not ${asked}.${didYouMean(asked, offered)}`,
    { hint: `Ask for one of: ${levels}.` },
  );
};

const typeOf = (connector: Connector, asked: string | undefined): string => {
  const scope = connector.resourceTypes;
  if (asked === undefined) {
    const [only, ...others] = scope;
    if (only !== undefined && others.length === 0) return only;
    throw new KeywrightError("usage", `${connector.name} reaches several resource types: ${scope.join(", ")}.`, {
      hint: "Name one with --resource-type.",
    });
  }
  if (scope.includes(asked)) return asked;
  throw new KeywrightError(
    "out-of-scope",
    `${connector.name} is registered for ${scope.join(", ")}, not for ${asked}.${didYouMean(asked, scope)}`,
    {
      hint: "Use another connector, or widen this one with connector update.",
    },
  );
};

/** The id asked for, within the connector's own. */
export const resourceOf = (
  connector: Pick<Connector, "name" | "resourceId">,
  offer: ManifestOffer,
  asked: string | undefined,
  values: Values,
): Canonical | null => {
  if (offer.resourceId === null) {
    if (asked !== undefined && asked !== "") {
      throw new KeywrightError(
        "resource-id-invalid",
        `${offer.type.id} has no single resources, so it takes no resource id.`,
        { hint: "Leave --resource-id out." },
      );
    }
    return null;
  }
  const scope = connector.resourceId === null ? null : canonicalise(offer.resourceId, connector.resourceId, values);
  if (asked === undefined) {
    if (scope) return scope;
    throw new KeywrightError("usage", `${connector.name} reaches every ${offer.type.title}; say which one.`, {
      hint: `Add --resource-id ${offer.resourceId.spellings[0]}; keywright connector list-resources ${connector.name} shows them.`,
    });
  }
  const wanted = canonicalise(offer.resourceId, asked, values);
  if (scope && !isWithin(offer.resourceId, scope, wanted)) {
    throw new KeywrightError(
      "out-of-scope",
      `${connector.name} is registered for ${scope.id} alone; ${wanted.id} is outside it.`,
      { hint: "Use a connector that reaches it." },
    );
  }
  return wanted;
};

const lifetimeOf = (connector: Connector, cell: Cell, asked: number | undefined, values: Values): Effective => {
  const { lifetime } = cell;
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1)) {
    throw new KeywrightError("lifetime-out-of-bounds", `A lifetime is a whole number of seconds, at least 1.`, {
      hint: "For example --ttl 3600.",
    });
  }
  const own = connector.lifetimeSeconds ?? undefined;
  if (typeof lifetime === "string") {
    const seconds = asked !== undefined && own !== undefined ? Math.min(asked, own) : (asked ?? own ?? null);
    return { seconds, decidedBy: seconds === null ? "provider" : seconds === asked ? "request" : "connector" };
  }
  const lowered = lifetime.minFrom === undefined ? undefined : values[lifetime.minFrom];
  const min = lowered === undefined ? lifetime.min : Math.min(lifetime.min, Number(lowered));
  if (asked !== undefined && asked < min) {
    throw new KeywrightError(
      "lifetime-out-of-bounds",
      `${asked} s is shorter than the ${min} s that ${connector.authMethod} can issue; it is not rounded up.`,
      {
        hint: `Ask for ${min} to ${lifetime.max} seconds.`,
        data: { min, max: lifetime.max },
      },
    );
  }
  const candidates: Effective[] = [
    asked !== undefined
      ? { seconds: asked, decidedBy: "request" }
      : own !== undefined
        ? { seconds: own, decidedBy: "connector" }
        : { seconds: lifetime.default, decidedBy: "method default" },
    ...(own !== undefined && asked !== undefined ? [{ seconds: own, decidedBy: "connector" }] : []),
    { seconds: lifetime.max, decidedBy: "method maximum" },
  ];
  const least = candidates.reduce((a, b) => ((b.seconds ?? 0) < (a.seconds ?? 0) ? b : a));
  if ((least.seconds ?? 0) >= min) return least;
  throw new KeywrightError(
    "lifetime-out-of-bounds",
    `${connector.name} allows ${least.seconds} s at most, and ${connector.authMethod} issues nothing shorter than ${min} s.`,
    { hint: `Run: keywright connector update ${connector.name} --lifetime ${min}`, data: { min, max: lifetime.max } },
  );
};

/** Throws what is wrong with the request, in the order a person would mend it. */
export const planOf = (
  connector: Connector,
  type: ManifestConnector,
  request: Omit<GrantRequest, "connector">,
): Plan => {
  const values = valuesOf(connector.config, connector.facts);
  const method = methodOf(type, connector.authMethod);
  const behaviour = behaviourOf(method, values);
  const offer = offerOf(type, typeOf(connector, request.resourceType));
  const offered = accessLevels.filter((level) => waysOf(behaviour, offer, level).length > 0);
  if (offered.length === 0) {
    throw new KeywrightError("access-not-offered", `${connector.authMethod} cannot reach ${offer.type.id}.`, {
      hint: "Use another auth method.",
    });
  }
  const access = accessOf(offered, request.access, offer.type.id);
  const resource = resourceOf(connector, offer, request.resourceId, values);
  const ways = waysOf(behaviour, offer, access);
  const way = request.kind === undefined ? ways[0] : ways.find((one) => one.credential.id === request.kind);
  if (!way) {
    throw new KeywrightError("access-not-offered", `${offer.type.id} gives no credential of kind ${request.kind}.`, {
      hint: `There are: ${ways.map((one) => one.credential.id).join(", ")}.`,
    });
  }
  const cell = cellOf(behaviour, offer, access, way);
  return {
    connector,
    method,
    variant: behaviour.variant,
    offer,
    resource,
    access,
    cell,
    values,
    permissions: fill(rowsOf(behaviour, offer, access, way.credential.id), { ...values, ...resource?.fields }),
    lifetime: lifetimeOf(connector, cell, request.ttlSeconds, values),
  };
};

/** What the two switches forbid; checked at issue, shown by describe. */
export const refusalOf = (plan: Plan): KeywrightError | null => {
  const { connector, cell, method, variant } = plan;
  const how = variant === null ? method.id : `${method.id} ${variant}`;
  const otherwise = "Better: give the connector a role to assume, or a method that narrows.";
  const lacks: string[] = [];
  if (cell.mainCredential && !connector.allowMainCredential) lacks.push("--allow-main-credential");
  if (cell.confinement === null && !connector.allowUnconfined) lacks.push("--allow-unconfined");
  if (lacks.length === 0) return null;
  const main = cell.mainCredential && !connector.allowMainCredential;
  return new KeywrightError(
    main ? "main-credential" : "unconfined",
    main
      ? `${how} can only hand out the stored credential itself, which ${connector.name} does not allow.`
      : `${how} cannot narrow a grant: it would reach everything ${connector.principal ?? "the identity"} may do, whatever was asked.`,
    {
      hint: `${otherwise} Or accept it: keywright connector update ${connector.name} ${lacks.join(" ")}`,
      data: { needs: lacks },
    },
  );
};
