/** Starts Fable, a made-up cloud of drawers, tokens and secrets, on 127.0.0.1. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { callerOf } from "./caller.ts";
import { type Clock, createClock } from "./clock.ts";
import { createFaults, type Fault, type FaultKind } from "./faults.ts";
import { Refusal } from "./refusal.ts";
import { type Answer, type Route, routes } from "./routes.ts";
import { addKey, createWorld, everyPermission, type FableKey, type FablePermission } from "./world.ts";

export type FableRequest = {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Null where Fable did not get to know. */
  readonly principal: string | null;
  /** Of the token that asked, or of the token that was asked for. */
  readonly label: string | null;
  readonly tokenId: string | null;
  /** Null while it is not answered: a request that hangs, or was cut off. */
  readonly status: number | null;
  readonly at: Date;
};
export type FableOptions = {
  readonly account?: string;
  /** At least eight by default, so that a list has three pages. */
  readonly drawers?: readonly string[];
  /** Where the clock stands; it stands still until it is moved. */
  readonly start?: Date;
};
export type Fable = {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `127.0.0.1:<port>`: what a connector must be allowed to dial. */
  readonly host: string;
  readonly account: string;
  /** The one key of a fresh world; it may do everything. */
  readonly key: FableKey;
  readonly drawers: readonly string[];
  readonly clock: Clock;
  readonly requests: readonly FableRequest[];
  /** Adds a key; without `permissions` it may do everything. */
  addKey(options?: { readonly keyId?: string; readonly permissions?: readonly FablePermission[] }): FableKey;
  /** From now on Fable knows neither the key nor its tokens. */
  revokeKey(keyId: string): void;
  /** Makes requests fail, until the returned function is called. */
  fail(fault: Fault): () => void;
  close(): Promise<void>;
};

const someDrawers = ["alpha", "beta", "delta", "epsilon", "eta", "gamma", "iota", "kappa"];
const slowMilliseconds = 300;
const bodyAtMost = 1_048_576;

const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path.replaceAll(/\{(\w+)(\.\.\.)?\}/g, (_, name: string, rest) => `(?<${name}>${rest ? ".+" : "[^/]+"})`)}$`,
  );
const table = routes.map((route) => ({ ...route, pattern: patternOf(route.path) }));

const routeFor = (method: string, path: string): { route: Route; names: Record<string, string> } => {
  for (const { pattern, ...route } of table) {
    const found = route.method === method ? pattern.exec(path) : null;
    if (found) {
      const names = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
      return { route, names: Object.fromEntries(names) as Record<string, string> };
    }
  }
  throw new Refusal("not-found", `There is no ${method} ${path} in this API.`);
};

const bodyOf = async (request: IncomingMessage): Promise<Record<string, unknown>> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyAtMost) throw new Refusal("too-large", "The request is larger than 1 MiB.");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text === "") return {};
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Refusal("bad-request", "The body is not a JSON object.");
};

const refused: Partial<Record<FaultKind, Refusal>> = {
  throttled: new Refusal("too-many-requests", "Slow down."),
  forbidden: new Refusal("forbidden", "Not allowed today.", "whatever:it-takes"),
  expired: new Refusal("token-expired", "It has expired."),
  rejected: new Refusal("key-rejected", "The key is not known."),
  "server-error": new Refusal("broken", "Something broke inside Fable."),
};

const write = (response: ServerResponse, { status, body, headers }: Answer): void => {
  const standard = body === undefined ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...standard, ...headers }).end(body === undefined ? undefined : JSON.stringify(body));
};
const writeRefusal = (response: ServerResponse, refusal: Refusal): void =>
  write(response, {
    status: refusal.status,
    body: refusal.body(),
    ...(refusal.status === 429 && { headers: { "retry-after": "1" } }),
  });

export const startFable = async (options: FableOptions = {}): Promise<Fable> => {
  const clock = createClock(options.start ?? new Date("2030-01-01T00:00:00Z"));
  const account = options.account ?? "acct-1";
  const drawers = options.drawers ?? someDrawers;
  const world = createWorld(clock, account, drawers);
  const faults = createFaults();
  const requests: { -readonly [K in keyof FableRequest]: FableRequest[K] }[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", "http://fable");
    const entry: (typeof requests)[number] = {
      method,
      path: `${url.pathname}${url.search}`,
      principal: null,
      label: null,
      tokenId: null,
      status: null,
      at: clock.now(),
    };
    requests.push(entry);
    response.once("finish", () => void (entry.status = response.statusCode));
    try {
      const body = await bodyOf(request);
      const fault = faults.meet(method, url.pathname);
      if (fault === "hang") return;
      if (fault === "unreachable") return void request.socket.destroy();
      if (fault === "garbage")
        return void response.writeHead(200, { "content-type": "text/html" }).end("<html>Under construction</html>");
      if (fault === "slow") await wait(slowMilliseconds);
      const refusal = fault && refused[fault];
      if (refusal) throw refusal;
      const caller = callerOf(world, request.headers.authorization);
      entry.principal = caller.key.principal;
      entry.tokenId = caller.token?.id ?? null;
      entry.label = caller.token?.label ?? (typeof body["label"] === "string" ? body["label"] : null);
      const { route, names } = routeFor(method, url.pathname);
      const headers = request.headers as Readonly<Record<string, string | undefined>>;
      write(response, route.answer({ world, caller, names, query: url.searchParams, headers, body }));
    } catch (error) {
      if (!response.writable) return;
      writeRefusal(response, error instanceof Refusal ? error : new Refusal("bad-request", String(error)));
    }
  };

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const create: Fable["addKey"] = ({ keyId, permissions = everyPermission } = {}) => addKey(world, keyId, permissions);
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    account,
    key: create(),
    drawers,
    clock,
    requests,
    addKey: create,
    revokeKey: (keyId) => void world.keys.delete(keyId),
    fail: faults.add,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
