/** The suite that every secret store must pass, on any test runner. */
import type { Plugin } from "@keywright/core";
import { register, type RunnableCheck } from "../harness/runner.ts";
import { succeeds } from "../plugin/ensure.ts";
import { packageChecks } from "../plugin/package-checks.ts";
import { storeOf, withStore } from "./bench.ts";
import { conductChecks } from "./conduct-checks.ts";
import { declarationChecks } from "./declaration-checks.ts";
import type { StoreTestOptions } from "./options.ts";
import { pathChecks } from "./path-checks.ts";
import { valueChecks } from "./value-checks.ts";

/** Every check of a secret store, as a list: what `testSecretStore` registers. */
export const storeChecksOf = (plugin: Plugin, id: string, options: StoreTestOptions): RunnableCheck[] => {
  const { type } = storeOf(plugin, id);
  const living = [...valueChecks, ...pathChecks(options), ...conductChecks(options)]
    .filter(({ readable }) => readable !== true || type.readable === "readable")
    // What fails where nothing was to fail is the store's own failure, too.
    .map(({ name, run }) => ({
      name,
      run: () => succeeds("What this check does", () => withStore(plugin, id, options, run)),
    }));
  return [...declarationChecks(plugin, id, options), ...packageChecks(plugin, options), ...living];
};

/** Registers one test per check. `id`: which of the plugin's secret stores. */
export const testSecretStore = (plugin: Plugin, id: string, options: StoreTestOptions): void =>
  register(`secret store ${id}`, storeChecksOf(plugin, id, options), options.runner, options.skip);
