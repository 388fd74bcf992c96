/** Watches what a plugin does behind the kit's back: dials by itself, prints, reads from the terminal. */
import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Network } from "@keywright/core";

export type Watch = {
  /** Addresses dialled past `call.network`. */
  readonly dialled: string[];
  /** What was printed, on the console or straight to stdout and stderr. */
  readonly printed: string[];
  /** True once something asked for the terminal's input. */
  prompted: boolean;
};
export const createWatch = (): Watch => ({ dialled: [], printed: [], prompted: false });

const watching = new AsyncLocalStorage<{ readonly watch: Watch; readonly network: Network | null }>();
const started = channel("http.client.request.start");
/** Every socket that dials, whoever opens it: published before it is connected. */
const dialling = channel("net.client.socket");
const printers = ["debug", "error", "info", "log", "warn"] as const;

let users = 0;
let restore = () => {};

const replace = <T extends object, K extends keyof T>(owner: T, key: K, make: (real: T[K]) => T[K]): (() => void) => {
  const real = Object.getOwnPropertyDescriptor(owner, key);
  Object.defineProperty(owner, key, { configurable: true, writable: true, value: make(owner[key]) });
  return () => {
    if (real) Object.defineProperty(owner, key, real);
    else delete owner[key];
  };
};

const onRequest = (message: unknown): void => {
  const { request } = message as { readonly request: ClientRequest & { readonly agent?: unknown } };
  const store = watching.getStore();
  if (!store || request.agent === store.network?.httpAgent || request.agent === store.network?.httpsAgent) return;
  store.watch.dialled.push(`${request.host}${request.path}`);
};

const onSocket = (): void => {
  watching.getStore()?.watch.dialled.push("an address, by a socket of its own,");
};

const install = (): (() => void) => {
  const undo = [
    replace(globalThis, "fetch", (real) => (input, init) => {
      watching.getStore()?.watch.dialled.push(String(input instanceof Request ? input.url : input));
      return real(input, init);
    }),
    ...printers.map((name) =>
      replace(console, name, (real) => (...parts: unknown[]) => {
        watching.getStore()?.watch.printed.push(parts.map(String).join(" "));
        real.apply(console, parts);
      }),
    ),
    ...[process.stdout, process.stderr].map((stream) =>
      replace(
        stream,
        "write",
        (real) =>
          ((...parts: Parameters<typeof real>) => {
            watching.getStore()?.watch.printed.push(String(parts[0]));
            return real.apply(stream, parts);
          }) as typeof real,
      ),
    ),
  ];
  const input = Object.getOwnPropertyDescriptor(process, "stdin");
  if (input?.get) {
    const { get } = input;
    Object.defineProperty(process, "stdin", {
      ...input,
      get: () => {
        const store = watching.getStore();
        if (store) store.watch.prompted = true;
        return get.call(process);
      },
    });
    undo.push(() => Object.defineProperty(process, "stdin", input));
  }
  started.subscribe(onRequest);
  dialling.subscribe(onSocket);
  undo.push(
    () => started.unsubscribe(onRequest),
    () => dialling.unsubscribe(onSocket),
  );
  return () => {
    for (const one of undo.toReversed()) one();
  };
};

/** Runs a plugin's code under watch. */
export const watched = async <T>(watch: Watch, network: Network, work: () => Promise<T>): Promise<T> => {
  if (users++ === 0) restore = install();
  try {
    return await watching.run({ watch, network }, work);
  } finally {
    if (--users === 0) restore();
  }
};
/** The agents of the doors open sockets wherever a request is made. */
export const agentsUnwatched = (network: Network): void => {
  for (const agent of [network.httpAgent, network.httpsAgent]) {
    const open = agent.createConnection.bind(agent);
    agent.createConnection = (...parts: Parameters<typeof open>) => unwatched(() => open(...parts));
  }
};
/** The doors themselves, which may dial. */
export const unwatched = <T>(work: () => T): T => watching.exit(work);
