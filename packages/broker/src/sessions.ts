/** Live sessions of plugins, opened from stored or just given credentials. They never leave the broker. */
import {
  type Ask,
  type Call,
  type ConnectorType,
  KeywrightError,
  type ObjectSchema,
  type Opened,
} from "@keywright/core";
import type { Connector } from "./connector.ts";
import type { Context } from "./context.ts";
import { createNetwork, runAllowed } from "./doors.ts";
import { newId, sessionNameOf } from "./ids.ts";
import { holds, valuesOf } from "./plan.ts";
import { methodOf } from "./plugins.ts";

/** What a session is opened from, before anything is saved. */
export type Material = {
  readonly connector: Connector;
  readonly secret: Readonly<Record<string, unknown>> | null;
  readonly parent: Readonly<Record<string, unknown>> | null;
};
/* oxlint-disable typescript/no-explicit-any -- a plugin's session and runtime are opaque to the host */
export type AnyOpened = Opened<any, any, any>;
export type AnyRuntime = {
  readonly authMethods: Readonly<
    Record<
      string,
      {
        open(input: object, call: Call): Promise<AnyOpened>;
        login?(input: object, ask: Ask, call: Call): Promise<Record<string, unknown>>;
        discover?(environment: Readonly<Record<string, string | undefined>>, call: Call): AsyncIterable<any>;
      }
    >
  >;
  readonly resources: Readonly<Record<string, any>>;
  permissionDocument?(rows: readonly unknown[]): string;
};
/* oxlint-enable typescript/no-explicit-any */

export type CallOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly seconds: number;
  readonly grantId?: string;
  /** Prove the identity anew; otherwise what the last verification learnt is enough. */
  readonly prove?: boolean;
};

const networks = new Map<string, ReturnType<typeof createNetwork>>();
/** One set of doors per connector and what it may dial. */
const networkFor = (connector: Connector, hosts: readonly string[]) => {
  const allowed = [...hosts, ...connector.allowedEndpoints];
  const key = JSON.stringify([connector.name, allowed]);
  const known = networks.get(key) ?? createNetwork(allowed, connector.name);
  networks.set(key, known);
  return known;
};

export const callFor = (context: Context, connector: Connector, options: CallOptions): Call => {
  const deadline = AbortSignal.timeout(options.seconds * 1000);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const grantId = options.grantId ?? newId();
  const { type } = context.host.connectorType(connector.type);
  return {
    signal,
    network: networkFor(connector, type.hosts),
    run: (command) => runAllowed(connector.allowedCommands, connector.name, command, signal),
    now: () => new Date(context.now()),
    known:
      options.prove === true || connector.verifiedAt === null || connector.principal === null
        ? null
        : { principal: connector.principal, facts: connector.facts },
    caller: context.actor,
    grantId,
    sessionName: sessionNameOf(grantId),
  };
};

/** For calls to the secret store, which dials nothing of its own. */
export const storeCall = (context: Context, seconds = 30): Call => {
  const signal = AbortSignal.timeout(seconds * 1000);
  const grantId = newId();
  return {
    signal,
    network: createNetwork([], "the secret store"),
    run: (command) => runAllowed([], "the secret store", command, signal),
    now: () => new Date(context.now()),
    known: null,
    caller: context.actor,
    grantId,
    sessionName: sessionNameOf(grantId),
  };
};

export type Runtime = { readonly declared: ConnectorType; readonly runtime: AnyRuntime };
export const runtimeOf = async (context: Context, typeId: string): Promise<Runtime> => {
  const { plugin } = context.host.connectorType(typeId);
  const code = await context.host.load(plugin);
  const loaded = code.connectors?.find((one) => one.type.id === typeId);
  if (!loaded) {
    throw new KeywrightError(
      "plugin-invalid",
      `${plugin.package} declares ${typeId} in its manifest and does not bring it.`,
      { hint: "Reinstall it, or upgrade it." },
    );
  }
  const { default: runtime } = (await loaded.load()) as { default: AnyRuntime };
  return { declared: loaded.type, runtime };
};

const parse = (schema: ObjectSchema, value: unknown, what: string): Record<string, unknown> => {
  const result = (
    schema as {
      safeParse(value: unknown): {
        success: boolean;
        data?: unknown;
        error?: { issues: { path: PropertyKey[]; message: string }[] };
      };
    }
  ).safeParse(value);
  if (result.success) return result.data as Record<string, unknown>;
  const problems = (result.error?.issues ?? []).map((issue) => `${issue.path.join(".") || what}: ${issue.message}`);
  throw new KeywrightError("config-invalid", `The ${what} does not fit: ${problems.join("; ")}.`, {
    data: { problems },
  });
};

/** Typed input of a method: defaults filled in, secrets in `Redacted`. */
const inputOf = ({ declared }: Runtime, material: Material) => {
  const { connector, secret, parent } = material;
  const method = declared.authMethods.find((one) => one.id === connector.authMethod);
  if (!method) throw new KeywrightError("type-not-found", `${declared.id} has no auth method ${connector.authMethod}.`);
  const ofMethod = Object.keys(method.config.shape);
  const own = Object.fromEntries(Object.entries(connector.config).filter(([key]) => ofMethod.includes(key)));
  const shared = Object.fromEntries(Object.entries(connector.config).filter(([key]) => !ofMethod.includes(key)));
  return {
    config: { ...parse(declared.config, shared, "configuration"), ...parse(method.config, own, "configuration") },
    secret: method.secret ? parse(method.secret.fields, secret ?? {}, "credential") : null,
    parent: method.login && parent ? parse(method.login.yields.fields, parent, "login") : null,
  };
};

export const reauthenticate = (name: string, why: string): KeywrightError =>
  new KeywrightError("reauthentication-required", `${name} needs a person: ${why}.`, {
    hint: `Run: keywright connector authenticate ${name}`,
  });

/** True when this connector's method has a dialogue that must have taken place. */
export const needsLogin = (context: Context, connector: Connector): boolean => {
  const { type } = context.host.connectorType(connector.type);
  const { login } = methodOf(type, connector.authMethod);
  return login !== undefined && holds(login.when, valuesOf(connector.config, connector.facts));
};

export const open = async (
  context: Context,
  material: Material,
  call: Call,
): Promise<{ opened: AnyOpened; runtime: AnyRuntime }> => {
  const { connector } = material;
  if (needsLogin(context, connector) && material.parent === null)
    throw reauthenticate(connector.name, "nobody has logged in yet");
  const found = await runtimeOf(context, connector.type);
  const method = found.runtime.authMethods[connector.authMethod];
  if (!method)
    throw new KeywrightError(
      "plugin-invalid",
      `The plugin of ${connector.type} does not implement ${connector.authMethod}.`,
    );
  const opened = await within(call, () => method.open(inputOf(found, material), call));
  return { opened, runtime: found.runtime };
};

export const login = async (
  context: Context,
  material: Omit<Material, "parent">,
  ask: Ask,
  call: Call,
): Promise<Record<string, unknown>> => {
  const found = await runtimeOf(context, material.connector.type);
  const method = found.runtime.authMethods[material.connector.authMethod];
  if (!method?.login) {
    throw new KeywrightError(
      "unsupported",
      `${material.connector.authMethod} has no dialogue: nothing to authenticate.`,
      { hint: "Give new credentials with connector rotate." },
    );
  }
  const { login } = method;
  const { config, secret } = inputOf(found, { ...material, parent: null });
  return within(call, () => login.call(method, { config, secret }, ask, call));
};

/** The deadline holds even where a plugin does not look at it. */
export const within = async <T>(call: Call, work: () => Promise<T>): Promise<T> => {
  if (call.signal.aborted) throw aborted(call.signal);
  let stop = () => {};
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(aborted(call.signal));
    call.signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work(), ended]);
  } catch (error) {
    if (call.signal.aborted && !KeywrightError.is(error)) throw aborted(call.signal);
    throw error;
  } finally {
    call.signal.removeEventListener("abort", stop);
  }
};
export const aborted = (signal: AbortSignal): KeywrightError =>
  (signal.reason as { name?: string } | undefined)?.name === "TimeoutError"
    ? new KeywrightError("deadline-exceeded", "The provider did not answer in time.", {
        hint: "Try again; check the network and the provider's status page.",
        retryable: true,
      })
    : new KeywrightError("cancelled", "Cancelled.");

/** Anything that is not ours came from a plugin that did not say what it means. `connector` is named in the hint. */
export const asOurs = (error: unknown, what: string, connector?: string): KeywrightError => {
  if (!KeywrightError.is(error)) {
    return new KeywrightError("internal", `${what} failed in a way that its plugin does not know.`, {
      hint: "Run it again with --debug, and tell the plugin's author.",
      cause: error,
    });
  }
  if (connector === undefined || !error.hint?.includes("{connector}")) return error;
  const { code, message, hint, retryable, data, cause } = error;
  return new KeywrightError(code, message, {
    hint: hint.replaceAll("{connector}", connector),
    retryable,
    ...(data && { data }),
    cause,
  });
};
