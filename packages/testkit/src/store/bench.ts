/** A secret store on the bench: opened on a backend of its own, called as the broker calls it. */
import { createNetwork } from "@keywright/broker/doors";
import {
  type Call,
  type Loaded,
  type Network,
  type ObjectSchema,
  type Plugin,
  Redacted,
  type SecretStore,
  type SecretStoreType,
} from "@keywright/core";
import { keyRing, newKey, sealerOf } from "@keywright/seal";
import { testCall } from "../harness/test-call.ts";
import { agentsUnwatched, createWatch, unwatched, type Watch, watched } from "../harness/watch.ts";
import { ensure } from "../plugin/ensure.ts";
import type { StoreTestOptions, StoreWorld } from "./options.ts";

type Values = Readonly<Record<string, unknown>>;
/** A store that only writes lacks `read`: no check that needs it is run on one. */
export type AnyStore = SecretStore<SecretStoreType & { readonly readable: "readable" }>;
type Runtime = { open(input: { config: Values; grant: unknown; sealer: unknown }, call: Call): Promise<AnyStore> };

export const storeOf = (plugin: Plugin, id: string) => {
  const found = (plugin.secretStores ?? []).find(({ type }) => type.id === id);
  ensure(found, `The plugin has no secret store ${id}; name one of its own.`);
  return found as Loaded<SecretStoreType, Runtime>;
};

export type StoreBench = {
  readonly type: SecretStoreType;
  readonly world: StoreWorld;
  readonly watch: Watch;
  /** Addresses that the doors refused. */
  readonly refused: string[];
  readonly ring: ReturnType<typeof keyRing>;
  call(signal?: AbortSignal): Call;
  /** The store's code under watch. */
  run<T>(work: () => Promise<T>, call?: Call): Promise<T>;
  /** Opened anew; closed when the check ends. */
  open(config?: Values, ring?: ReturnType<typeof keyRing>): Promise<AnyStore>;
};

const parse = (schema: ObjectSchema, values: Values): Values =>
  (schema as unknown as { parse(value: unknown): Values }).parse(values);
const frozen = <T>(value: T): T => {
  if (typeof value !== "object" || value === null || value instanceof Redacted) return value;
  for (const one of Object.values(value)) frozen(one);
  return Object.freeze(value);
};

export const withStore = async <T>(
  plugin: Plugin,
  id: string,
  options: StoreTestOptions,
  work: (bench: StoreBench, store: AnyStore) => Promise<T>,
): Promise<T> => {
  const { type, load } = storeOf(plugin, id);
  const { default: runtime } = await load();
  const world = await options.world();
  const watch = createWatch();
  const refused: string[] = [];
  const ring = keyRing(newKey());
  const inner = createNetwork(world.cloud?.hosts ?? [], "the secret store under test");
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
  const opened: AnyStore[] = [];
  const call = (signal?: AbortSignal): Call =>
    testCall({ network, now: () => world.cloud?.now() ?? new Date(), ...(signal && { signal }) });
  const run: StoreBench["run"] = (inside, one = call()) => watched(watch, one.network, inside);
  const open: StoreBench["open"] = async (config = world.config, sealed = ring) => {
    const store = await run(async () =>
      runtime.open(
        { config: frozen(parse(type.config, config)), grant: world.grant ?? null, sealer: sealerOf(sealed, type.id) },
        call(),
      ),
    );
    opened.push(store);
    return store;
  };
  try {
    return await work({ type, world, watch, refused, ring, call, run, open }, await open());
  } finally {
    for (const store of opened) store.close?.();
    inner.close();
    await world.close();
  }
};

export const secretOf = (values: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>> = {}) =>
  frozen({
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Redacted(value)])),
    labels,
  });
/** The values of what was read, as text; null stays null. */
export const revealed = (found: Awaited<ReturnType<AnyStore["read"]>>): Readonly<Record<string, string>> | null =>
  found && Object.fromEntries(Object.entries(found.values).map(([name, value]) => [name, value.reveal()]));
