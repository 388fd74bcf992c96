import { definePlugin } from "@keywright/core";
import { acmeLogin } from "./declaration/acme-login.ts";

export { acmeLogin } from "./declaration/acme-login.ts";
export default definePlugin({
  secretSchemas: [acmeLogin],
});
