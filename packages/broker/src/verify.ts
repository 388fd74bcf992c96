/** Checks as they happen: identity → reachability → permission → resource, each with what was tried, a code and the fix. */
import {
  type Access,
  accessLevels,
  behaviourOf,
  type Call,
  type Check,
  KeywrightError,
  needsOf,
  type Permission,
  fill,
  waysOf,
} from "@keywright/core";
import type { Connector } from "./connector.ts";
import type { Context } from "./context.ts";
import { planOf, valuesOf } from "./plan.ts";
import { methodOf, offerOf } from "./plugins.ts";
import { type AnyOpened, type AnyRuntime, asOurs, type Material, open, runtimeOf } from "./sessions.ts";

/** `document`: the missing permissions, ready to paste. */
export type ReportedCheck = Check & { readonly resourceType: string | null; readonly document?: string };
export type Verification = {
  readonly checks: readonly ReportedCheck[];
  readonly ok: boolean;
  readonly opened: AnyOpened | null;
  readonly runtime: AnyRuntime | null;
};

type FailedCheck = Extract<Check, { ok: false }>;
const failedCheck = (step: Check["step"], tried: string, error: KeywrightError): FailedCheck => ({
  step,
  tried,
  ok: false,
  code: error.code,
  detail: error.message,
  fix: error.hint ?? "Run it again with --debug.",
});

/** What the connector's identity must be allowed, for its resource types at the widest access each offers. */
export const permissionsFor = (context: Context, connector: Connector, access?: Access): Permission[] => {
  const { type } = context.host.connectorType(connector.type);
  const values = valuesOf(connector.config, connector.facts);
  const method = methodOf(type, connector.authMethod);
  const behaviour = behaviourOf(method, values);
  const rows = [...(behaviour.needs ?? [])];
  for (const id of connector.resourceTypes) {
    const offer = offerOf(type, id);
    const top = access ?? accessLevels.findLast((level) => waysOf(behaviour, offer, level).length > 0);
    if (top) rows.push(...needsOf(behaviour, offer, top));
    if (connector.resourceId === null) rows.push(...(offer.list ?? []));
  }
  // What is not known yet stands for anything.
  const open = new Proxy({ ...values } as Record<string, string>, {
    get: (known, name) => (typeof name === "string" ? (known[name] ?? "*") : undefined),
  });
  return fill(rows, open);
};

/** What the method itself needs, where the provider refused it: the connector need not be saved to be told. */
const neededFor = async (context: Context, connector: Connector): Promise<{ fix?: string; document?: string }> => {
  const { type } = context.host.connectorType(connector.type);
  const values = valuesOf(connector.config, connector.facts);
  const rows = fill(behaviourOf(methodOf(type, connector.authMethod), values).needs ?? [], values);
  if (rows.length === 0) return {};
  const { runtime } = await runtimeOf(context, connector.type);
  const document = runtime.permissionDocument?.(rows);
  const what = rows.map(({ actions, on }) => `${actions.join(", ")} on ${on}`).join("; ");
  return {
    fix: `Allow the stored identity ${what}, and let what it asks for trust it.`,
    ...(document !== undefined && { document }),
  };
};

/** `onCheck` sees each check as it happens. Identity failed: nothing after it can be said, so it ends there. */
export async function* verifySteps(
  context: Context,
  material: Material,
  call: Call,
  scope: { readonly resourceType?: string | undefined; readonly resourceId?: string | undefined } = {},
): AsyncGenerator<ReportedCheck, Omit<Verification, "checks" | "ok">> {
  const { connector } = material;
  let session: { opened: AnyOpened; runtime: AnyRuntime };
  try {
    session = await open(context, material, call);
  } catch (error) {
    const ours = asOurs(error, "Opening a session", connector.name);
    // Nothing was learnt of the provider: what is wrong is ours, or what the operator allowed.
    if (
      ours.code.startsWith("plugin-") ||
      ["internal", "cancelled", "config-invalid", "endpoint-not-allowed", "command-not-allowed"].includes(ours.code)
    )
      throw ours;
    const step = ["provider-unavailable", "deadline-exceeded", "provider-throttled"].includes(ours.code)
      ? "reachability"
      : "identity";
    const check = failedCheck(step, `${connector.type} ${connector.authMethod}`, ours);
    // The plugin may know better what is missing (a trust statement) than the declared rows do.
    const needed = ours.code === "access-denied" ? await neededFor(context, connector) : {};
    yield {
      ...check,
      ...needed,
      ...(ours.data?.["trustStatement"] !== undefined && { fix: check.fix }),
      resourceType: null,
    };
    return { opened: null, runtime: null };
  }
  const { opened, runtime } = session;
  yield {
    step: "identity",
    tried: opened.identity.by,
    ok: true,
    detail: opened.identity.principal,
    resourceType: null,
  };
  const known: Connector = {
    ...connector,
    facts: { ...connector.facts, ...(opened.facts as Record<string, string>) },
    principal: opened.identity.principal,
  };
  const { type } = context.host.connectorType(connector.type);
  const types = scope.resourceType === undefined ? connector.resourceTypes : [scope.resourceType];
  for (const id of types) {
    const offer = offerOf(type, id);
    const resourceId = scope.resourceId ?? connector.resourceId ?? undefined;
    const behaviour = behaviourOf(methodOf(type, connector.authMethod), valuesOf(known.config, known.facts));
    const access = accessLevels.find((level) => waysOf(behaviour, offer, level).length > 0);
    if (access === undefined) continue;
    const tried = `${id}${resourceId === undefined ? "" : ` ${resourceId}`}`;
    try {
      const one =
        offer.resourceId === null || resourceId === undefined
          ? null
          : planOf(known, type, { resourceType: id, resourceId, access });
      const target = one && {
        resource: one.resource,
        access: one.access,
        kind: one.cell.kind,
        permissions: one.permissions,
        confinement: one.cell.confinement,
        ttlSeconds: one.lifetime.seconds ?? 900,
      };
      const checks = runtime.resources[id].verify(opened.session, target, call) as AsyncIterable<Check>;
      for await (const check of checks) {
        const document =
          !check.ok && check.missing && runtime.permissionDocument
            ? runtime.permissionDocument(check.missing)
            : undefined;
        yield {
          ...check,
          ...(!check.ok && { fix: check.fix.replaceAll("{connector}", connector.name) }),
          resourceType: id,
          ...(document !== undefined && { document }),
        };
      }
    } catch (error) {
      const ours = asOurs(error, `Verifying ${id}`, connector.name);
      if (ours.code === "cancelled") throw ours;
      yield { ...failedCheck("reachability", tried, ours), resourceType: id };
    }
  }
  return { opened, runtime };
}

export const collect = async (
  steps: AsyncGenerator<ReportedCheck, Omit<Verification, "checks" | "ok">>,
  onCheck?: (check: ReportedCheck) => void,
): Promise<Verification> => {
  const checks: ReportedCheck[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done)
      return { checks, ok: step.value.opened !== null && checks.every((check) => check.ok), ...step.value };
    checks.push(step.value);
    onCheck?.(step.value);
  }
};

export const verificationFailed = (name: string, { checks }: Verification): KeywrightError => {
  const failed = checks.filter((check) => !check.ok);
  const [first] = failed;
  return new KeywrightError("verification-failed", `${name} did not verify: ${first?.detail ?? "no check passed"}`, {
    hint: first?.fix ?? "See the checks.",
    data: { checks },
  });
};
