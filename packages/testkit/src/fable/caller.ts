/** Who a request comes from, and what they may do. */
import { Refusal } from "./refusal.ts";
import { drawerAccesses, type FableKey, type FablePermission, type Token, type World } from "./world.ts";

export type Caller = { readonly key: FableKey; readonly token: Token | null };

/** Throws what is wrong with the `Authorization` header. */
export const callerOf = (world: World, header: string | undefined): Caller => {
  const [scheme = "", value = ""] = (header ?? "").split(" ");
  if (scheme === "Basic") {
    const [keyId = "", ...secret] = Buffer.from(value, "base64").toString("utf8").split(":");
    const key = world.keys.get(keyId);
    if (!key || key.keySecret !== secret.join(":")) throw new Refusal("key-rejected", `The key ${keyId} is not known.`);
    return { key, token: null };
  }
  if (scheme !== "Bearer") throw new Refusal("key-rejected", "Say who you are: Basic with a key, or Bearer.");
  const token = world.tokens.get(value);
  const key = token && world.keys.get(token.keyId);
  if (!token) throw new Refusal("token-unknown", "No such token.");
  if (token.revoked || !key) throw new Refusal("token-revoked", `Token ${token.id} was revoked.`);
  if (world.clock.now() >= token.expiresAt) throw new Refusal("token-expired", `Token ${token.id} has expired.`);
  return { key, token };
};

const covers = (held: FablePermission, wanted: FablePermission): boolean =>
  held === wanted || (held.endsWith(":*") && wanted.startsWith(held.slice(0, -1)));

/** A scoped token holds its drawer's permissions up to its level, and none that its key lost since. */
const scopeAllows = (token: Token | null, wanted: FablePermission): boolean => {
  if (token === null || token.scope === null) return true;
  const { drawer, access } = token.scope;
  return drawerAccesses
    .slice(0, drawerAccesses.indexOf(access) + 1)
    .some((level) => wanted === `drawer:${level}:${drawer}`);
};

export const demand = ({ key, token }: Caller, wanted: FablePermission): void => {
  if (!key.permissions.some((held) => covers(held, wanted)) || !scopeAllows(token, wanted))
    throw new Refusal("forbidden", `${token ? `Token ${token.id}` : key.principal} lacks ${wanted}.`, wanted);
};
