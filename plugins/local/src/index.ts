import { definePlugin, secretStore } from "@keywright/core";
import { localStore } from "./declaration.ts";

export { localStore };
export default definePlugin({ secretStores: [secretStore(localStore, () => import("./runtime/local-store.ts"))] });
