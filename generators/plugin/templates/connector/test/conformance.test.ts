/** The suite that every plugin must pass, against a made-up cloud on this machine. */
import { fableCloud, testPlugin } from "@keywright/testkit";
import { describe, it } from "vitest";
import plugin from "../src/index.ts";

/** What each level of access is for, as a request to the cloud. */
const requests = {
  read: { method: "GET", path: "/items/first" },
  write: { method: "PUT", path: "/items/new", body: JSON.stringify({ value: "new" }) },
  admin: { method: "PUT", path: "", body: JSON.stringify({ note: "new" }) },
};

testPlugin(plugin, {
  runner: { describe, it },
  connector: "acme-cloud",
  directory: new URL("../", import.meta.url),
  // Each check has a cloud to itself. Put a double of your own cloud here.
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
        // A second connector: the two must not see each other's sessions.
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
      // Tries a credential as a caller would, and says how it went.
      attempt: async ({ endpoint, token }, access, id) => {
        const { path, ...request } = requests[access];
        const response = await fetch(`${endpoint}/v1/drawers/${id?.split("/").at(-1)}${path}`, {
          ...request,
          headers: { authorization: `Bearer ${token}` },
        });
        if (response.status === 401) return "expired";
        return response.ok ? "allowed" : "refused";
      },
    }),
  },
});
