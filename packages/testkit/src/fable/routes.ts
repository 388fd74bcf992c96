/** Fable's API as one table: method, path, what it does. */
import { type Caller, demand } from "./caller.ts";
import { page } from "./page.ts";
import { Refusal } from "./refusal.ts";
import { secretRoutes } from "./secret-routes.ts";
import { type Drawer, drawerAccesses, opaque, type Scope, type World } from "./world.ts";

export type Asked = {
  readonly world: World;
  readonly caller: Caller;
  /** What stands in the braces of the path. */
  readonly names: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The JSON of the request, `{}` where it has none. */
  readonly body: Readonly<Record<string, unknown>>;
};
export type Answer = {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Route = {
  readonly method: string;
  /** `{name}` is one segment, `{name...}` the rest. */
  readonly path: string;
  readonly answer: (asked: Asked) => Answer;
};

const done: Answer = { status: 204 };
const name = (asked: Asked, which: string): string => asked.names[which] ?? "";
const drawerOf = (asked: Asked, access: Scope["access"]): Drawer => {
  const drawer = name(asked, "drawer");
  demand(asked.caller, `drawer:${access}:${drawer}`);
  const found = asked.world.drawers.get(drawer);
  if (!found) throw new Refusal("not-found", `There is no drawer ${drawer}.`);
  return found;
};

const scopeIn = (body: Asked["body"]): Scope | null => {
  const scope = (body["scope"] ?? null) as Partial<Scope> | null;
  if (scope === null) return null;
  const access = drawerAccesses.find((one) => one === scope.access);
  if (typeof scope.drawer !== "string" || access === undefined)
    throw new Refusal("bad-request", "scope is { drawer, access: read | write | admin } or null.");
  return { drawer: scope.drawer, access };
};

const createToken = ({ world, caller, body }: Asked): Answer => {
  const { ttlSeconds, label } = body;
  if (caller.token) throw new Refusal("key-rejected", "Tokens are made with a key, not with a token.");
  demand(caller, "token:create");
  if (typeof ttlSeconds !== "number" || !Number.isInteger(ttlSeconds) || ttlSeconds < 60 || ttlSeconds > 3600)
    throw new Refusal("bad-request", "ttlSeconds is a whole number from 60 to 3600.");
  if (typeof label !== "string" || !/^[\w.-]{1,64}$/.test(label))
    throw new Refusal("bad-request", "label is 1 to 64 letters, digits, dots and dashes.");
  const scope = scopeIn(body);
  const levels = scope ? drawerAccesses.slice(0, drawerAccesses.indexOf(scope.access) + 1) : [];
  for (const level of levels) demand(caller, `drawer:${level}:${scope?.drawer}`);
  if (scope && !world.drawers.has(scope.drawer)) throw new Refusal("not-found", `There is no drawer ${scope.drawer}.`);
  const id = `fbt-${String(world.next()).padStart(6, "0")}`;
  const value = `fbl_${opaque(world.account, id, caller.key.keySecret)}`;
  const expiresAt = new Date(world.clock.now().getTime() + ttlSeconds * 1000);
  world.tokens.set(value, { id, value, keyId: caller.key.keyId, label, scope, expiresAt, revoked: false });
  const { principal } = caller.key;
  return { status: 201, body: { token: value, tokenId: id, expiresAt: expiresAt.toISOString(), principal } };
};

/** Only tokens of one's own key; that there is none is no error, so that it may be said twice. */
const revoke = (asked: Asked, which: (token: { readonly id: string; readonly label: string }) => boolean): Answer => {
  const { world, caller } = asked;
  demand(caller, "token:create");
  for (const token of world.tokens.values()) if (token.keyId === caller.key.keyId && which(token)) token.revoked = true;
  return done;
};

const put = (asked: Asked, into: (value: string) => void, field: string): Answer => {
  const value = asked.body[field];
  if (typeof value !== "string") throw new Refusal("bad-request", `${field} is a string.`);
  into(value);
  return done;
};

export const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/me",
    answer: ({ world, caller }) => ({ status: 200, body: { principal: caller.key.principal, account: world.account } }),
  },
  { method: "POST", path: "/v1/token", answer: createToken },
  {
    method: "DELETE",
    path: "/v1/tokens",
    answer: (asked) => {
      const label = asked.query.get("label");
      if (!label) throw new Refusal("bad-request", "Say which: ?label=");
      return revoke(asked, (token) => token.label === label);
    },
  },
  {
    method: "DELETE",
    path: "/v1/tokens/{id}",
    answer: (asked) => revoke(asked, (token) => token.id === name(asked, "id")),
  },
  {
    method: "GET",
    path: "/v1/drawers",
    answer: ({ world, caller, query }) => {
      demand(caller, "drawer:list");
      const { names, next } = page(world.drawers.keys(), query.get("after"));
      return { status: 200, body: { drawers: names.map((one) => ({ name: one })), next } };
    },
  },
  {
    method: "GET",
    path: "/v1/drawers/{drawer}",
    answer: (asked) => ({ status: 200, body: { name: name(asked, "drawer"), note: drawerOf(asked, "read").note } }),
  },
  {
    method: "PUT",
    path: "/v1/drawers/{drawer}",
    answer: (asked) => {
      const drawer = drawerOf(asked, "admin");
      return put(asked, (note) => void (drawer.note = note), "note");
    },
  },
  {
    method: "DELETE",
    path: "/v1/drawers/{drawer}",
    answer: (asked) => {
      drawerOf(asked, "admin");
      asked.world.drawers.delete(name(asked, "drawer"));
      return done;
    },
  },
  {
    method: "GET",
    path: "/v1/drawers/{drawer}/items",
    answer: (asked) => {
      const { names, next } = page(drawerOf(asked, "read").items.keys(), asked.query.get("after"));
      return { status: 200, body: { items: names, next } };
    },
  },
  {
    method: "GET",
    path: "/v1/drawers/{drawer}/items/{key}",
    answer: (asked) => {
      const value = drawerOf(asked, "read").items.get(name(asked, "key"));
      if (value === undefined) throw new Refusal("not-found", `There is no item ${name(asked, "key")}.`);
      return { status: 200, body: { value } };
    },
  },
  {
    method: "PUT",
    path: "/v1/drawers/{drawer}/items/{key}",
    answer: (asked) => {
      const { items } = drawerOf(asked, "write");
      return put(asked, (value) => void items.set(name(asked, "key"), value), "value");
    },
  },
  {
    method: "DELETE",
    path: "/v1/drawers/{drawer}/items/{key}",
    answer: (asked) => {
      drawerOf(asked, "write").items.delete(name(asked, "key"));
      return done;
    },
  },
  ...secretRoutes,
];
