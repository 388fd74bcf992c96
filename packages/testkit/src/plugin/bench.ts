/** A plugin on the bench: one connector of it on a cloud of its own, called as the broker calls it. */
import {
  type Access,
  type AuthMethod,
  accessLevels,
  behaviourOf,
  type Call,
  type Canonical,
  canonicalise,
  type Cell,
  cellOf,
  type ConnectorType,
  type Check,
  fill,
  type Level,
  type Network,
  type ObjectSchema,
  type Offer,
  type Opened,
  type Plugin,
  rowsOf,
  type Target,
  type Values,
  waysOf,
} from "@keywright/core";
import { createNetwork } from "@keywright/broker/doors";
import type { TestCloud } from "../harness/test-cloud.ts";
import { agentsUnwatched, createWatch, unwatched, type Watch, watched } from "../harness/watch.ts";
import { ensure } from "./ensure.ts";
import type { MethodCase, PluginTestOptions, ResourceCase } from "./options.ts";

/* oxlint-disable typescript/no-explicit-any -- a plugin's session and runtime are opaque to a host */
export type AnyOpened = Opened<any, any, any>;
export type AnyIssued = {
  readonly kind: string;
  readonly credential: Readonly<Record<string, unknown>>;
  readonly expiresAt: Date | null;
  readonly handle?: string;
};
type AnyResource = {
  list?(session: any, call: Call): AsyncIterable<{ readonly id: string }>;
  verify(session: any, target: Target | null, call: Call): AsyncIterable<Check>;
  issue(session: any, target: Target, call: Call): Promise<AnyIssued>;
  revoke?(session: any, target: Target, handle: string | null, call: Call): Promise<void>;
};
export type AnyRuntime = {
  readonly authMethods: Readonly<Record<string, { open(input: object, call: Call): Promise<AnyOpened> }>>;
  readonly resources: Readonly<Record<string, AnyResource>>;
};
/* oxlint-enable typescript/no-explicit-any */

export const connectorOf = (plugin: Plugin, options: Pick<PluginTestOptions, "connector">) => {
  const found = (plugin.connectors ?? []).find(({ type }) => (options.connector ?? type.id) === type.id);
  ensure(found, `The plugin has no connector type ${options.connector ?? ""}; name one of its own in \`connector\`.`);
  return found as { readonly type: ConnectorType; readonly load: () => Promise<{ readonly default: AnyRuntime }> };
};

const parse = (schema: ObjectSchema, values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  (schema as unknown as { parse(value: unknown): Record<string, unknown> }).parse(values);

/** As the broker makes them: defaults filled in, secrets in `Redacted`. */
export const inputOf = (
  type: ConnectorType,
  method: AuthMethod,
  given: Pick<MethodCase, "config" | "secret" | "parent">,
) => {
  const own = Object.keys(method.config.shape);
  const entries = Object.entries(given.config);
  return {
    config: {
      ...parse(type.config, Object.fromEntries(entries.filter(([key]) => !own.includes(key)))),
      ...parse(method.config, Object.fromEntries(entries.filter(([key]) => own.includes(key)))),
    },
    secret: method.secret && given.secret ? parse(method.secret.fields, given.secret) : null,
    parent: method.login && given.parent ? parse(method.login.yields.fields, given.parent) : null,
  };
};

export type CallOptions = {
  readonly signal?: AbortSignal;
  readonly grantId?: string;
  readonly hosts?: readonly string[];
  readonly known?: Call["known"];
};
export type Bench = {
  readonly cloud: TestCloud;
  readonly type: ConnectorType;
  readonly method: AuthMethod;
  readonly given: MethodCase;
  readonly runtime: AnyRuntime;
  readonly watch: Watch;
  /** Addresses that the doors refused. */
  readonly refused: string[];
  call(options?: CallOptions): Call;
  /** The plugin's code under watch. */
  run<T>(call: Call, work: () => Promise<T>): Promise<T>;
  open(call?: Call, given?: Pick<MethodCase, "config" | "secret" | "parent">): Promise<AnyOpened>;
};

let grants = 0;
export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

export const withBench = async <Cloud extends TestCloud, T>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  name: string,
  work: (bench: Bench, cloud: Cloud) => Promise<T>,
): Promise<T> => {
  const { type, load } = connectorOf(plugin, options);
  const cloud = await options.cloud();
  const networks: ReturnType<typeof createNetwork>[] = [];
  try {
    const given = await options.methods[name]?.(cloud);
    ensure(given, `\`methods\` has no ${name}.`);
    const method = type.authMethods.find(({ id }) => id === (given.method ?? name));
    ensure(method, `${type.id} declares no auth method ${given.method ?? name}; correct \`methods\`.`);
    const { default: runtime } = await load();
    const watch = createWatch();
    const refused: string[] = [];
    const call = (how: CallOptions = {}): Call => {
      const inner = createNetwork([...(how.hosts ?? [...type.hosts, ...cloud.hosts])], "the connector under test");
      networks.push(inner);
      agentsUnwatched(inner);
      const noted = <R>(error: unknown): R => {
        if ((error as { code?: string }).code === "endpoint-not-allowed") refused.push((error as Error).message);
        throw error;
      };
      const network: Network = {
        ...inner,
        fetch: (input, init) => unwatched(() => inner.fetch(input, init)).catch(noted<Response>),
        connect: (host, port) => unwatched(() => inner.connect(host, port)).catch(noted<never>),
      };
      const grantId = how.grantId ?? `kit${String(++grants).padStart(8, "0")}`;
      return {
        signal: how.signal ?? AbortSignal.timeout(10_000),
        network,
        run: async (command) => {
          throw new Error(`The kit allows no command: ${command}`);
        },
        now: () => cloud.now(),
        known: how.known ?? null,
        caller: "testkit",
        grantId,
        sessionName: `kw-${grantId}`,
      };
    };
    const run: Bench["run"] = (one, inner) => watched(watch, one.network, inner);
    const open: Bench["open"] = async (one = call(), material = given) => {
      const implemented = runtime.authMethods[method.id];
      ensure(implemented, `The runtime does not implement auth method ${method.id}; add it to authMethods.`);
      return run(one, async () => implemented.open(inputOf(type, method, material), one));
    };
    return await work({ cloud, type, method, given, runtime, watch, refused, call, run, open }, cloud);
  } finally {
    for (const one of networks) one.close();
    await cloud.close();
  }
};

/** One way to one level of one resource type, with a session open: what `issue` is asked for. */
export type Station = Bench & {
  readonly offer: Offer;
  readonly implemented: AnyResource;
  readonly asked: ResourceCase;
  readonly opened: AnyOpened;
  readonly values: Values;
  /** Every level that this connector reaches, narrowest first. */
  readonly cells: readonly { readonly access: Access; readonly cell: Cell; readonly way: Level }[];
  canonical(id: string | null): Canonical | null;
  target(access: Access, ttlSeconds?: number, id?: string | null): Target;
  issue(target: Target, call?: Call): Promise<AnyIssued>;
};

const isText = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value) && value !== "";

export const withStation = <Cloud extends TestCloud, T>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  [name, resource]: readonly [method: string, resource: string],
  work: (station: Station) => Promise<T>,
): Promise<T> =>
  withBench(plugin, options, name, async (bench, cloud) => {
    const { type, method, given, runtime } = bench;
    const offer = type.resources.find((one) => one.type.id === resource);
    const asked = options.resources[resource]?.(cloud);
    const implemented = runtime.resources[resource];
    ensure(offer && asked, `${type.id} declares no resource type ${resource}, or \`resources\` lacks it.`);
    ensure(implemented, `The runtime does not implement resource type ${resource}; add it to resources.`);
    const opened = await bench.open();
    const config = inputOf(type, method, given).config;
    const values: Values = Object.fromEntries(
      [...Object.entries(config), ...Object.entries(opened.facts)]
        .filter(([, value]) => isText(value))
        .map(([key, value]) => [key, String(value)]),
    );
    const behaviour = behaviourOf(method, values);
    const cells = accessLevels.flatMap((access) =>
      (waysOf(behaviour, offer, access) as Level[])
        .slice(0, 1)
        .map((way) => ({ access, way, cell: cellOf(behaviour, offer, access, way) })),
    );
    const canonical: Station["canonical"] = (id) =>
      offer.resourceId === null || id === null ? null : canonicalise(offer.resourceId, id, values);
    const target: Station["target"] = (access, ttlSeconds, id = asked.inside) => {
      const found = cells.find((one) => one.access === access);
      ensure(found, `${method.id} does not reach ${resource} at ${access}.`);
      const { lifetime } = found.cell;
      const at = canonical(id);
      return {
        resource: at,
        access,
        kind: found.cell.kind,
        permissions: fill(rowsOf(behaviour, offer, access, found.cell.kind), { ...values, ...at?.fields }),
        confinement: found.cell.confinement,
        ttlSeconds: ttlSeconds ?? (typeof lifetime === "string" ? 900 : lifetime.default),
      } as Target;
    };
    const issue: Station["issue"] = (wanted, call = bench.call()) =>
      bench.run(call, () => implemented.issue(opened.session, wanted, call));
    return work({ ...bench, offer, implemented, asked, opened, values, cells, canonical, target, issue });
  });
