import { definePlugin, flavor } from "@keywright/core";
import { acmeFolder } from "./declaration/acme-folder.ts";

export { acmeFolder } from "./declaration/acme-folder.ts";
export type { ArtifactStore } from "./runtime/acme-folder.ts";
export default definePlugin({
  flavors: [flavor(acmeFolder, () => import("./runtime/acme-folder.ts"))],
});
