/** The whole broker, for a helper whose grant is not cached. */
import { createBroker, type Environment, type GrantRequest } from "@keywright/broker";
import { revealAll } from "@keywright/core";
import type { Revealed } from "./helper.ts";
import { builtInPlugins } from "./place.ts";

/** Never asks anybody: a login that lapsed is an error of its own. Plugins are those that were enabled before. */
export const mint = async (request: GrantRequest, environment: Environment): Promise<Revealed> => {
  const broker = await createBroker({ project: null, builtIn: builtInPlugins(), environment });
  try {
    const { kind, credential, expiresAt } = await broker.grants.issue(request);
    return { kind, credential: revealAll(credential) as object, expiresAt };
  } finally {
    await broker.close();
  }
};
