/** What a store declares, before anything of it is opened. */
import { KeywrightError, type Plugin, type SecretStoreType } from "@keywright/core";
import { check as checkValues, manifestOf, toJsonSchema } from "@keywright/manifest";
import type { RunnableCheck } from "../harness/runner.ts";
import { ConformanceFailure, ensure } from "../plugin/ensure.ts";
import { withStore, storeOf } from "./bench.ts";
import type { StoreTestOptions } from "./options.ts";

const schemaOf = (type: SecretStoreType) => {
  try {
    return toJsonSchema(type.config, `${type.id} config`);
  } catch (error) {
    throw new ConformanceFailure(
      `The configuration makes no strict JSON Schema: ${KeywrightError.is(error) ? error.message : String(error)} Declare it with z.strictObject.`,
    );
  }
};

export const declarationChecks = (plugin: Plugin, id: string, options: StoreTestOptions): readonly RunnableCheck[] => {
  const { type } = storeOf(plugin, id);
  return [
    {
      name: "declaration: makes a manifest",
      run: async () => {
        try {
          manifestOf(plugin, "the plugin");
        } catch (error) {
          ensure(
            false,
            `The declarations make no manifest: ${KeywrightError.is(error) ? error.message : String(error)}`,
          );
        }
      },
    },
    {
      name: "declaration: unknown configuration is refused, and no secret is in it",
      run: async () => {
        const schema = schemaOf(type);
        ensure(
          checkValues(schema, { "no-such-field": "x" }).problems.some(({ message }) =>
            message.includes("no-such-field"),
          ),
          "An unknown configuration key is taken. Declare `config` with z.strictObject.",
        );
        const secret = Object.entries(schema.properties ?? {}).find(([, one]) => one["writeOnly"] === true);
        ensure(
          !secret,
          `The configuration has a secret, ${secret?.[0]}. A store is reached through a connector, or reads a file or its surroundings: a store's own secret has no store to be in.`,
        );
      },
    },
    {
      name: "declaration: limits and features hold",
      run: () =>
        withStore(plugin, id, options, async (bench, store) => {
          ensure(
            bench.type.limits.valueBytes >= 1024,
            "limits.valueBytes is less than 1024: no key of a cloud fits. Say what the backend takes.",
          );
          ensure(
            new RegExp(`^(?:${bench.type.limits.path})$`).test("connectors/cxyz1234/sxyz1234"),
            "limits.path does not take connectors/ID/ID, where a host keeps main credentials. Allow it.",
          );
          const reads = typeof (store as { read?: unknown }).read === "function";
          ensure(
            reads === (bench.type.readable === "readable"),
            reads
              ? "The store declares write-only and has read. Declare it readable."
              : "The store declares readable and has no read. Implement it, or declare write-only.",
          );
        }),
    },
  ];
};
