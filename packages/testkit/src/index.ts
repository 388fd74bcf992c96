/** The suites that every Keywright plugin must pass, and what they need of a cloud. */
export { fableCloud, type FableCloud } from "./harness/fable-cloud.ts";
export type { RunnableCheck, Runner, Skips } from "./harness/runner.ts";
export type { CloudFault, CloudRequest, TestCloud } from "./harness/test-cloud.ts";
export { checksOf } from "./plugin/checks-of.ts";
export { ConformanceFailure } from "./plugin/ensure.ts";
export type { MethodCase, Outcome, PluginTestOptions, ResourceCase } from "./plugin/options.ts";
export { testPlugin } from "./plugin/test-plugin.ts";
export { testCall } from "./harness/test-call.ts";
// For tests of schemas: what forms and hosts make of them.
export { check, toJsonSchema } from "@keywright/manifest";
export type { StoreTestOptions, StoreWorld } from "./store/options.ts";
export { storeChecksOf, testSecretStore } from "./store/test-secret-store.ts";
