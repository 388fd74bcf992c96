import { defineConnectorType } from "@keywright/core";
import * as z from "zod";
import { apiKey } from "./api-key.ts";
import { giftBoxOffer } from "./gift-box.ts";

/** What there is to connect to. Plain data: lists, forms, policies and reference pages are made from it. */
export const acmeCloud = defineConnectorType({
  id: "acme-cloud",
  title: "Acme cloud",
  description: "Each gift box of an account.",
  // What every auth method shares.
  config: z.strictObject({
    endpoint: z
      .url()
      .default("https://api.acme-cloud.example")
      .describe("Address of the API; any but the usual one must be allowed for the connector.")
      .meta({ examples: ["https://api.acme-cloud.example"] }),
  }),
  // What only an open session knows, and templates may name.
  facts: ["account"],
  // Hosts that it dials by itself; the operator allows any other.
  hosts: ["api.acme-cloud.example"],
  authMethods: [apiKey],
  resources: [giftBoxOffer],
});
