/** The suite that every secret store must pass, against a made-up cloud that keeps secrets. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fableCloud, testSecretStore } from "@keywright/testkit";
import { describe, it } from "vitest";
import { acmeVault } from "../src/declaration/acme-vault.ts";
import plugin from "../src/index.ts";

testSecretStore(plugin, acmeVault.id, {
  runner: { describe, it },
  directory: new URL("..", import.meta.url),
  // A fresh backend for each check, and what an operator would write to use it.
  world: async () => {
    const cloud = await fableCloud();
    const folder = await mkdtemp(join(tmpdir(), "acme-vault-"));
    const keyFile = join(folder, "key");
    await writeFile(keyFile, `${cloud.fable.key.keyId}:${cloud.fable.key.keySecret}`);
    const config = { endpoint: cloud.fable.url, keyFile };
    return {
      cloud,
      config: { ...config, prefix: "team-a/" },
      // Another store on the same backend, which must see nothing of the first.
      other: { ...config, prefix: "team-b/" },
      // What must never be shown.
      secrets: [cloud.fable.key.keySecret],
      close: async () => {
        await cloud.close();
        await rm(folder, { recursive: true });
      },
    };
  },
});
