import { type Check, KeywrightError, Redacted, type ResourceRuntime } from "@keywright/core";
import type { giftBoxOffer } from "../../declaration/gift-box.ts";
import { type Session, textIn } from "../session.ts";

type Page = { readonly drawers?: readonly { readonly name: string }[]; readonly next?: string | null };
const listPath = (after: string | null) => `/v1/drawers${after === null ? "" : `?after=${encodeURIComponent(after)}`}`;

/** A refusal becomes a check that says what to do; anything else (unreachable, throttled) is for the host. */
const failed = (error: unknown, tried: string): Check => {
  if (!KeywrightError.is(error)) throw error;
  const fix = error.hint ?? "Run it again with --debug.";
  if (error.code === "resource-not-found")
    return { step: "resource", tried, ok: false, code: error.code, detail: error.message, fix };
  if (error.code !== "access-denied") throw error;
  return {
    step: "permission",
    tried,
    ok: false,
    code: error.code,
    detail: error.message,
    fix,
    missing: [{ actions: [String(error.data?.["permission"] ?? "drawer:read")], on: "*" }],
  };
};

export const giftBox: ResourceRuntime<typeof giftBoxOffer, Session> = {
  async *list(session, call) {
    for (let after: string | null = null; ;) {
      const page = (await session.ask("GET", listPath(after), "list every gift box", call)) as Page;
      for (const { name } of page.drawers ?? []) yield { id: `acme-cloud://gift-box/${name}` };
      after = page.next ?? null;
      if (after === null) return;
    }
  },

  async *verify(session, target, call) {
    const path = target ? `/v1/drawers/${target.resource.fields.giftBox}` : listPath(null);
    const tried = `GET ${path}`;
    try {
      await session.ask("GET", path, target ? `open ${target.resource.id}` : "list every gift box", call);
    } catch (error) {
      const check = failed(error, tried);
      // It answered, if with a no.
      yield { step: "reachability", tried, ok: true };
      // Who may look and finds nothing was not refused.
      if (check.step === "resource") yield { step: "permission", tried, ok: true };
      yield check;
      return;
    }
    yield { step: "reachability", tried, ok: true };
    yield { step: "permission", tried, ok: true };
    if (target) yield { step: "resource", tried, ok: true, detail: target.resource.id };
  },

  issue: async (session, target, call) => {
    // Narrow to what the table promises, or fail; null: the operator allowed a grant that nothing narrows.
    const scope = target.confinement && { drawer: target.resource.fields.giftBox, access: target.access };
    const what = `make a token for ${target.resource.id}`;
    const made = await session.ask("POST", "/v1/token", what, call, {
      ttlSeconds: target.ttlSeconds,
      label: call.sessionName,
      scope,
    });
    return {
      kind: target.kind,
      credential: { token: new Redacted(textIn(made, "token", what)), endpoint: session.endpoint },
      expiresAt: new Date(textIn(made, "expiresAt", what)),
      handle: textIn(made, "tokenId", what),
    };
  },

  revoke: async (session, _target, handle, call) => {
    // No handle: `issue` never returned. What it may have made bears the label.
    const path = handle === null ? `/v1/tokens?label=${encodeURIComponent(call.sessionName)}` : `/v1/tokens/${handle}`;
    await session.ask("DELETE", path, "end a token", call);
  },
};
