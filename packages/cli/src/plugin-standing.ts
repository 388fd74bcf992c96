/** Where every plugin stands, without making a state, and without running one. */
import { broughtBy, createPluginHost, homeOf, openState, type PluginStanding, projectOf } from "@keywright/broker";
import { builtInPlugins, type Context } from "./context.ts";

export type Standing = PluginStanding & { readonly brings: readonly string[] };

const brings = ({ plugin }: PluginStanding): readonly string[] => {
  try {
    return broughtBy(plugin.manifest());
  } catch {
    return [];
  }
};
export const pluginStandings = (
  context: Pick<Context, "cwd" | "environment">,
): { readonly project: string | null; readonly standings: readonly Standing[] } => {
  const project = projectOf(context.cwd);
  const state = openState(homeOf(context.environment), { create: false });
  try {
    const host = createPluginHost({ project, builtIn: builtInPlugins(), state });
    return { project, standings: host.standing().map((one) => ({ ...one, brings: brings(one) })) };
  } finally {
    state?.close();
  }
};

export const standingDocument = ({ plugin, state, problem, brings: what }: Standing) => ({
  package: plugin.package,
  version: plugin.version,
  state,
  brings: what,
  directory: plugin.directory,
  problem: problem?.toJSON() ?? null,
});
