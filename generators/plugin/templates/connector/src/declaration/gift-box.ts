import { defineResourceType, offer } from "@keywright/core";
import { acmeCloudToken } from "./acme-cloud-token.ts";

export const acmeCloudGiftBox = defineResourceType({
  id: "acme-cloud-gift-box",
  title: "Gift box",
  description: "A gift box, and the items in it.",
  credentials: [acmeCloudToken],
});

const byScope = {
  credential: acmeCloudToken,
  confinement: { to: "resource", by: "token-scope", through: "method" },
} as const;

/** How Acme cloud offers it: how its ids are spelled, and what each level may do. A level includes those before it. */
export const giftBoxOffer = offer(acmeCloudGiftBox, {
  resourceId: {
    spellings: ["acme-cloud://gift-box/{giftBox}", "{giftBox}"],
    rewrites: [["https://api.acme-cloud.example/gift-box/{giftBox}", "acme-cloud://gift-box/{giftBox}"]],
    // No quotes, wildcards or slashes: the value goes into requests and permissions.
    fields: { giftBox: { pattern: "[a-z][a-z0-9-]{0,62}", example: "alpha" } },
  },
  access: {
    read: { ...byScope, permissions: [{ actions: ["drawer:read"], on: "{giftBox}" }] },
    write: { ...byScope, permissions: [{ actions: ["drawer:write"], on: "{giftBox}" }] },
    admin: { ...byScope, permissions: [{ actions: ["drawer:admin"], on: "{giftBox}" }] },
  },
  list: [{ actions: ["drawer:list"], on: "*" }],
  revocable: true,
});
