import { definePlugin, secretStore } from "@keywright/core";
import { acmeVault } from "./declaration/acme-vault.ts";

export { acmeVault } from "./declaration/acme-vault.ts";
export default definePlugin({
  secretStores: [secretStore(acmeVault, () => import("./runtime/acme-vault.ts"))],
});
