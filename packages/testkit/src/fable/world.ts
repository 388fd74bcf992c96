/** What Fable holds: keys, tokens, drawers with items, secrets. Names and ids count up, so a run is like the one before. */
import { createHash } from "node:crypto";
import type { Clock } from "./clock.ts";

export type DrawerAccess = "read" | "write" | "admin";
/** From the narrowest to the widest; a token scoped to one may do those before it as well. */
export const drawerAccesses: readonly DrawerAccess[] = ["read", "write", "admin"];
export type Scope = { readonly drawer: string; readonly access: DrawerAccess };

/** `drawer:read:alpha`, `drawer:write:*`, `drawer:list`, `token:create`, `secrets`. */
export type FablePermission = string;

export type FableKey = {
  readonly keyId: string;
  readonly keySecret: string;
  readonly principal: string;
  readonly permissions: readonly FablePermission[];
};
export type Token = {
  readonly id: string;
  readonly value: string;
  readonly keyId: string;
  readonly label: string;
  readonly scope: Scope | null;
  readonly expiresAt: Date;
  revoked: boolean;
};
export type Drawer = { note: string; readonly items: Map<string, string> };
export type SecretVersion = {
  readonly version: string;
  readonly value: string;
  readonly labels: Readonly<Record<string, string>>;
};

export type World = {
  readonly clock: Clock;
  readonly account: string;
  readonly keys: Map<string, FableKey>;
  readonly tokens: Map<string, Token>;
  readonly drawers: Map<string, Drawer>;
  /** Path → its versions, the newest last. */
  readonly secrets: Map<string, SecretVersion[]>;
  /** Numbers that never repeat in this world. */
  next(): number;
};

/** Looks random, is the same in every run. */
export const opaque = (...parts: readonly (string | number)[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("base64url").slice(0, 40);

export const everyPermission: readonly FablePermission[] = [
  "drawer:list",
  "drawer:read:*",
  "drawer:write:*",
  "drawer:admin:*",
  "token:create",
  "secrets",
];

export const createWorld = (clock: Clock, account: string, drawers: readonly string[]): World => {
  let count = 0;
  return {
    clock,
    account,
    keys: new Map(),
    tokens: new Map(),
    drawers: new Map(drawers.map((name) => [name, { note: "", items: new Map([["first", `of ${name}`]]) }])),
    secrets: new Map(),
    next: () => ++count,
  };
};

export const addKey = (world: World, keyId: string | undefined, permissions: readonly FablePermission[]): FableKey => {
  const id = keyId ?? `fbk-${String(world.next()).padStart(4, "0")}`;
  const key = {
    keyId: id,
    keySecret: `fbs_${opaque(world.account, id, world.next())}`,
    principal: `fable:${world.account}:key/${id}`,
    permissions,
  };
  world.keys.set(id, key);
  return key;
};
