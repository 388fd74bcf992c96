/** The correct twin, on Fable: the scaffolder's template, and how its own test would call the kit. */
import type { Plugin } from "@keywright/core";
import { fableCloud, type FableCloud, type PluginTestOptions } from "@keywright/testkit";
import plugin from "../../../generators/plugin/templates/connector/src/index.ts";

export const twin: Plugin = plugin;
export const directory = new URL("../../../generators/plugin/templates/connector/", import.meta.url);

const requests = {
  read: { method: "GET", path: "/items/first" },
  write: { method: "PUT", path: "/items/new", body: JSON.stringify({ value: "new" }) },
  admin: { method: "PUT", path: "", body: JSON.stringify({ note: "new" }) },
};
export const twinOptions: Omit<PluginTestOptions<FableCloud>, "runner"> = {
  cloud: () => fableCloud(),
  methods: {
    "api-key": ({ fable }) => {
      const config = { endpoint: fable.url };
      const { keyId, keySecret } = fable.key;
      const other = fable.addKey();
      return {
        config,
        secret: { keyId, keySecret },
        wrongSecret: { keyId, keySecret: "not-the-secret" },
        other: { config, secret: { keyId: other.keyId, keySecret: other.keySecret } },
      };
    },
  },
  resources: {
    "acme-cloud-gift-box": () => ({
      inside: "alpha",
      outside: "beta",
      missing: "nowhere",
      listed: { count: 8, last: "acme-cloud://gift-box/kappa", pages: 3 },
      attempt: async ({ endpoint, token }, access, id) => {
        const { path, ...request } = requests[access];
        const authorization = `Bearer ${String(token)}`;
        const url = `${String(endpoint)}/v1/drawers/${id?.split("/").at(-1)}${path}`;
        const response = await fetch(url, { ...request, headers: { authorization } });
        if (response.status === 401) return "expired";
        return response.ok ? "allowed" : "refused";
      },
    }),
  },
};
