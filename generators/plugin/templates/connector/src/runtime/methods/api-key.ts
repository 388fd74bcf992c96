import { type AuthMethodRuntime, Redacted } from "@keywright/core";
import type { acmeCloud } from "../../declaration/acme-cloud.ts";
import type { apiKey as declared } from "../../declaration/api-key.ts";
import { createSession, type Session, textIn } from "../session.ts";

export const apiKey: AuthMethodRuntime<typeof acmeCloud, typeof declared, Session> = {
  open: async ({ config, secret }, call) => {
    const basic = Buffer.from(`${secret.keyId}:${secret.keySecret.reveal()}`).toString("base64");
    const session = createSession(config.endpoint, new Redacted(`Basic ${basic}`));
    const by = "GET /v1/me";
    // Verified before: the first use of the session proves it again.
    if (call.known) {
      const { principal, facts } = call.known;
      return { session, identity: { principal, by }, facts: { account: facts["account"] ?? "" }, expiresAt: null };
    }
    const who = await session.ask("GET", "/v1/me", "say who the key is", call);
    return {
      session,
      identity: { principal: textIn(who, "principal", by), by },
      facts: { account: textIn(who, "account", by) },
      expiresAt: null,
    };
  },
};
