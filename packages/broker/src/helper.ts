/** For helper processes: a cached grant from a state folder, with no query builder and no schema library loaded. */
import { userInfo } from "node:os";
import type { Cached, GrantRequest } from "./cached.ts";
import { cachedBySpelling } from "./cached.ts";
import { type Environment, homeOf } from "./home.ts";
import { auditKeyOf, loadKeys } from "./key.ts";
import { openState } from "./state.ts";

export type { Cached, GrantRequest } from "./cached.ts";
export { homeOf } from "./home.ts";

/** Null: not there, or too near its end; the whole broker must be asked. */
export const cachedGrant = (request: GrantRequest, environment: Environment): Cached | null => {
  const state = openState(homeOf(environment), { create: false });
  if (!state) return null;
  try {
    const ring = loadKeys(state, environment);
    const reader = { state, ring, auditKey: auditKeyOf(state, ring), actor: `local:${userInfo().username}` };
    return cachedBySpelling(reader, request, Date.now());
  } finally {
    state.close();
  }
};
