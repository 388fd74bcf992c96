/** The suite that every Keywright plugin must pass, on any test runner. */
import type { Plugin } from "@keywright/core";
import { register, type RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { connectorOf } from "./bench.ts";
import { checksOf } from "./checks-of.ts";
import type { PluginTestOptions } from "./options.ts";

const untried = (plugin: Plugin, options: PluginTestOptions): RunnableCheck[] => {
  const { type } = connectorOf(plugin, options);
  const ids = [...type.authMethods.map(({ id }) => id), ...type.resources.map((one) => one.type.id)];
  const methods = type.authMethods.map(({ id }) => id).filter((id) => !(id in options.methods));
  const resources = type.resources.map((one) => one.type.id).filter((id) => !(id in options.resources));
  return ids
    .filter((id) => methods.includes(id) || resources.includes(id))
    .map((id) => ({
      name: `covered: ${id}`,
      run: async () => {
        throw new Error(
          `${id} is declared and not tried. Give it in \`methods\` or \`resources\`, or say in \`skip\` why not.`,
        );
      },
    }));
};

/** Registers one test per check. What is declared and neither tried nor skipped by name is a failure of its own. */
export const testPlugin = <Cloud extends TestCloud>(plugin: Plugin, options: PluginTestOptions<Cloud>): void => {
  const still = options as unknown as PluginTestOptions;
  const { type } = connectorOf(plugin, still);
  const checks = [...untried(plugin, still), ...checksOf(plugin, options)];
  register(`plugin ${type.id}`, checks, options.runner, options.skip);
};
