import { defineConfig } from "vitest/config";

/** Workspaces resolve to source, so no build stands between an edit and a test. */
const resolve = { conditions: ["@keywright/source"] };
const shared = { environment: "node" as const, testTimeout: 30_000, hookTimeout: 60_000 };
const ssr = { resolve: { conditions: ["@keywright/source"], externalConditions: ["@keywright/source"] } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: "unit",
          include: [
            "packages/*/test/**/*.test.ts",
            "plugins/*/test/**/*.test.ts",
            "generators/**/*.test.ts",
            "test/**/*.test.ts",
          ],
          exclude: ["test/real/**", "**/node_modules/**"],
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: "real",
          include: ["test/real/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
