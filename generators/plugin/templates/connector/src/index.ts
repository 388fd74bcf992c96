import { connector, definePlugin } from "@keywright/core";
import { acmeCloud } from "./declaration/acme-cloud.ts";

export { acmeCloud } from "./declaration/acme-cloud.ts";
export { acmeCloudGiftBox } from "./declaration/gift-box.ts";
export default definePlugin({
  connectors: [connector(acmeCloud, () => import("./runtime/index.ts"))],
});
