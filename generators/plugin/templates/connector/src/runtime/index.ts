/** The half that talks to Acme cloud: loaded when a broker first needs it. One entry per declared id. */
import type { ConnectorRuntime } from "@keywright/core";
import type { acmeCloud } from "../declaration/acme-cloud.ts";
import { apiKey } from "./methods/api-key.ts";
import { giftBox } from "./resources/gift-box.ts";
import type { Session } from "./session.ts";

export default {
  authMethods: { "api-key": apiKey },
  resources: { "acme-cloud-gift-box": giftBox },
} satisfies ConnectorRuntime<typeof acmeCloud, Session>;
