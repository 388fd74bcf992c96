/** The suite that every secret store must pass. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testSecretStore } from "@keywright/testkit";
import { describe, it } from "vitest";
import plugin from "../src/index.ts";

testSecretStore(plugin, "local", {
  runner: { describe, it },
  directory: new URL("..", import.meta.url),
  // More than a page of its own lists.
  listed: 1200,
  world: async () => {
    const folder = mkdtempSync(join(tmpdir(), "kw-local-"));
    return {
      config: { directory: join(folder, "mine") },
      other: { directory: join(folder, "theirs") },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
});
