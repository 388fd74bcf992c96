/** Every check of a plugin, as a list: what `testPlugin` registers, and what anybody may run without a runner. */
import type { Plugin } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { connectorOf } from "./bench.ts";
import { conductChecks } from "./conduct-checks.ts";
import { declarationChecks } from "./declaration-checks.ts";
import { faultChecks } from "./fault-checks.ts";
import { issueChecks } from "./issue-checks.ts";
import { listChecks } from "./list-checks.ts";
import { openChecks } from "./open-checks.ts";
import type { PluginTestOptions } from "./options.ts";
import { packageChecks } from "./package-checks.ts";
import { revokeChecks } from "./revoke-checks.ts";
import { spellingChecks } from "./spelling-checks.ts";
import { verifyChecks } from "./verify-checks.ts";

export const checksOf = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
): RunnableCheck[] => {
  // The static half makes no cloud, so it does not matter which.
  const still = options as unknown as PluginTestOptions;
  const { type } = connectorOf(plugin, still);
  return [
    ...declarationChecks(plugin, still),
    ...packageChecks(plugin, still),
    ...spellingChecks(plugin, still),
    ...Object.keys(options.methods).flatMap((method) => openChecks(plugin, options, method)),
    ...Object.keys(options.methods).flatMap((method) =>
      Object.keys(options.resources).flatMap((resource) => {
        const at = [method, resource] as const;
        const offer = type.resources.find((one) => one.type.id === resource);
        return [
          ...(offer?.list ? listChecks(plugin, options, at) : []),
          ...verifyChecks(plugin, options, at),
          ...issueChecks(plugin, options, at),
          ...(offer?.revocable ? revokeChecks(plugin, options, at) : []),
          ...faultChecks(plugin, options, at),
          ...conductChecks(plugin, options, at),
        ];
      }),
    ),
  ];
};
