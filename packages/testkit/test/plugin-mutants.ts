/** Wrong plugins, each by one thing, and the check that must catch it with the message it must say. */
import { type Call, KeywrightError, type Plugin, Redacted } from "@keywright/core";
import { connect as dial } from "node:net";
import * as z from "zod";
import { aimed, at, change, endless, later, methods, type Method, offers, type Resource, scribble } from "./change.ts";

export type Mutant = {
  readonly name: string;
  readonly make: (twin: Plugin) => Plugin;
  /** Name of the check. */
  readonly check: RegExp;
  /** What it says. */
  readonly caughtBy: RegExp;
};

const method = (how: (real: Method) => Method["open"]) => change({ method: (real) => ({ open: how(real) }) });
const issue = (how: (real: Resource) => Resource["issue"]) => change({ resource: (real) => ({ issue: how(real) }) });
const list = (how: (real: Resource) => Resource["list"]) => change({ resource: (real) => ({ list: how(real) }) });
const verify = (how: (real: Resource) => Resource["verify"]) => change({ resource: (real) => ({ verify: how(real) }) });
const revoke = (how: (real: Resource) => Resource["revoke"]) => change({ resource: (real) => ({ revoke: how(real) }) });
const again = (
  error: unknown,
  how: { message?: string; hint?: string; code?: KeywrightError["code"]; retryable?: boolean },
) => {
  if (!KeywrightError.is(error)) return error;
  const hint = how.hint ?? error.hint;
  return new KeywrightError(how.code ?? error.code, how.message ?? error.message, {
    ...(hint !== undefined && { hint }),
    retryable: how.retryable ?? error.retryable,
  });
};
const recoded = (from: KeywrightError["code"], how: Parameters<typeof again>[1]) =>
  method((real) => async (input, call) => {
    try {
      return await real.open(input, call);
    } catch (error) {
      throw KeywrightError.is(error) && error.code === from ? again(error, how) : error;
    }
  });
const elsewhere = (network: (call: Call) => Partial<Call["network"]>): Mutant["make"] =>
  method((real) => (input, call) => real.open(input, { ...call, network: { ...call.network, ...network(call) } }));
/** Not refreshed, not keyed by anything: what a module-level cache is. */
const cachedOpen = (): Mutant["make"] => {
  let kept: Promise<unknown> | undefined;
  return method((real) => (input, call) => (kept ??= real.open(input, call)));
};
const cachedIssue = (): Mutant["make"] => {
  let kept: Promise<unknown> | undefined;
  return issue((real) => (session, target, call) => (kept ??= real.issue(session, target, call)));
};
const gone = new Set<string>();
const field = (pattern: string) =>
  change({
    type: offers((offer) => ({
      ...offer,
      resourceId: { ...offer.resourceId, fields: { giftBox: { pattern, example: "alpha" } } },
    })),
  });

export const mutants: readonly Mutant[] = [
  // list
  {
    name: "lists the first page only",
    check: /: list goes to the last page/,
    caughtBy: /list yields 3 ending in/,
    make: list(
      (real) =>
        async function* (session, call) {
          let left = 3;
          for await (const one of real.list(session, call)) {
            yield one;
            if (--left === 0) return;
          }
        },
    ),
  },
  {
    name: "lists eagerly",
    check: /: list asks for a page when it is wanted/,
    caughtBy: /asked for every page before its first item/,
    make: list(
      (real) =>
        async function* (session, call) {
          const all = [];
          for await (const one of real.list(session, call)) all.push(one);
          yield* all;
        },
    ),
  },
  {
    name: "lists ids that are not canonical",
    check: /: list goes to the last page/,
    caughtBy: /whose canonical spelling is|ending in kappa/,
    make: list(
      (real) =>
        async function* (session, call) {
          for await (const { id } of real.list(session, call)) yield { id: id.split("/").at(-1) ?? "" };
        },
    ),
  },
  {
    name: "ignores abort in list",
    check: /: list stops at its abort/,
    caughtBy: /list goes on for good/,
    make: list((real) => (session, call) => real.list(session, endless(call))),
  },
  {
    name: "swallows 403 as an empty list",
    check: /: list when forbidden/,
    caughtBy: /list with a cloud that is forbidden succeeds/,
    make: list(
      (real) =>
        async function* (session, call) {
          try {
            yield* real.list(session, call);
          } catch (error) {
            if (!KeywrightError.is(error) || error.code !== "access-denied") throw error;
          }
        },
    ),
  },
  // open
  {
    name: "ignores abort in open",
    check: /: open stops at its abort/,
    caughtBy: /open goes on for good/,
    make: method((real) => (input, call) => real.open(input, endless(call))),
  },
  {
    name: "calls a deadline unavailable",
    check: /: open stops at its deadline/,
    caughtBy: /open calls its own deadline provider-unavailable/,
    make: method((real) => async (input, call) => {
      try {
        return await real.open(input, call);
      } catch (cause) {
        throw KeywrightError.is(cause)
          ? cause
          : new KeywrightError("provider-unavailable", "No answer.", { hint: "Wait." });
      }
    }),
  },
  {
    name: "opens with a wrong secret",
    check: /: open refuses a wrong secret/,
    caughtBy: /ends with success, not credential-rejected/,
    make: method(
      (real) => (input, call) =>
        real.open(input, { ...call, known: { principal: "somebody", facts: { account: "acct-1" } } }),
    ),
  },
  {
    name: "leaks the secret in an error message",
    check: /: the main credential is never shown/,
    caughtBy: /error of open .*shows the main credential/,
    make: method((real) => async (input, call) => {
      try {
        return await real.open(input, call);
      } catch (error) {
        throw again(error, { message: `The key ${input.secret.keySecret.reveal()} was refused.` });
      }
    }),
  },
  {
    name: "leaks the secret in a hint, as base64",
    check: /: the main credential is never shown/,
    caughtBy: /error of open .*shows the main credential/,
    make: method((real) => async (input, call) => {
      try {
        return await real.open(input, call);
      } catch (error) {
        throw again(error, { hint: `Basic ${Buffer.from(`x:${input.secret.keySecret.reveal()}`).toString("base64")}` });
      }
    }),
  },
  {
    name: "prints the secret",
    check: /: the main credential is never shown/,
    caughtBy: /prints the main credential/,
    make: method((real) => (input, call) => {
      process.stderr.write(`opening with ${input.secret.keySecret.reveal()}\n`);
      return real.open(input, call);
    }),
  },
  {
    name: "shows the secret as a fact",
    check: /: the main credential is never shown/,
    caughtBy: /what open returns shows/,
    make: method((real) => async (input, call) => ({
      ...(await real.open(input, call)),
      facts: { account: input.secret.keySecret.reveal() },
    })),
  },
  {
    name: "changes its config",
    check: /: open leaves the config as it was/,
    caughtBy: /open changes the config/,
    make: method((real) => (input, call) => {
      input.config.endpoint = `${input.config.endpoint}/`;
      return real.open(input, call);
    }),
  },
  {
    name: "changes its secret",
    check: /: open leaves the secret as it was/,
    caughtBy: /open changes the secret/,
    make: method((real) => async (input, call) => {
      const opened = await real.open(input, call);
      delete input.secret.keySecret;
      return opened;
    }),
  },
  {
    name: "lacks a fact",
    check: /: open says who we are/,
    caughtBy: /returns no fact account/,
    make: method((real) => async (input, call) => ({ ...(await real.open(input, call)), facts: {} })),
  },
  {
    name: "lacks an identity",
    check: /: open says who we are/,
    caughtBy: /returns no identity/,
    make: method((real) => async (input, call) => ({
      ...(await real.open(input, call)),
      identity: { principal: "", by: "" },
    })),
  },
  {
    name: "shares a session across connectors",
    check: /: two connectors share nothing/,
    caughtBy: /are both fable:/,
    make: cachedOpen(),
  },
  {
    name: "asks a human in open",
    check: /: open asks no human/,
    caughtBy: /reads from the terminal/,
    make: method((real) => (input, call) => {
      process.stdin.resume().pause();
      return real.open(input, call);
    }),
  },
  {
    name: "uses the global fetch",
    check: /: every dial goes through call\.network/,
    caughtBy: /past call\.network/,
    make: elsewhere(() => ({ fetch: (...request) => globalThis.fetch(...request) })),
  },
  {
    name: "opens a socket of its own",
    check: /: every dial goes through call\.network/,
    caughtBy: /by a socket of its own, past call\.network/,
    make: method((real) => async (input, call) => {
      const { port } = new URL(input.config.endpoint);
      await new Promise<void>((resolve) => {
        const socket = dial(Number(port), "127.0.0.1", () => resolve(void socket.destroy())).once("error", () =>
          resolve(),
        );
      });
      return real.open(input, call);
    }),
  },
  {
    name: "dials a host it did not declare",
    check: /: every dial goes through call\.network/,
    caughtBy: /telemetry\.invalid.*Declare the host/,
    make: method((real) => async (input, call) => {
      await call.network.fetch("http://telemetry.invalid/hello").catch(() => {});
      return real.open(input, call);
    }),
  },
  {
    name: "hides that a dial was refused",
    check: /: open dials only what is allowed/,
    caughtBy: /surfaces as provider-unavailable/,
    make: recoded("endpoint-not-allowed", { code: "provider-unavailable" }),
  },
  {
    name: "throttled is not retryable",
    check: /: open when throttled/,
    caughtBy: /not retryable/,
    make: recoded("provider-throttled", { retryable: false }),
  },
  {
    name: "expired is reported as denied",
    check: /: open when expired/,
    caughtBy: /ends with access-denied, not expired/,
    make: recoded("expired", { code: "access-denied" }),
  },
  {
    name: "a broken cloud is internal",
    check: /: open when server-error/,
    caughtBy: /ends with internal/,
    make: recoded("provider-unavailable", { code: "internal" }),
  },
  {
    name: "a refusal has no hint",
    check: /: open when rejected/,
    caughtBy: /no hint/,
    make: recoded("credential-rejected", { hint: "" }),
  },
  {
    name: "garbage becomes a TypeError",
    check: /: open when garbage/,
    caughtBy: /ends with TypeError/,
    make: method((real) => async (input, call) => {
      try {
        return await real.open(input, call);
      } catch (error) {
        throw KeywrightError.is(error) && error.code === "unexpected-answer"
          ? new TypeError("undefined is not a function")
          : error;
      }
    }),
  },
  {
    name: "writes into its working folder",
    check: /: nothing is written to disk/,
    caughtBy: /writes left-behind\.json/,
    make: method((real) => (input, call) => {
      scribble();
      return real.open(input, call);
    }),
  },
  // issue
  {
    name: "ignores abort in issue",
    check: /: issue stops at its abort/,
    caughtBy: /issue goes on for good/,
    make: issue((real) => (session, target, call) => real.issue(session, target, endless(call))),
  },
  {
    name: "hands out the main credential",
    check: /: issue never holds the main credential/,
    caughtBy: /holds the main credential/,
    make: change({
      method: (real) => ({
        open: async (input, call) => {
          const opened = await real.open(input, call);
          return { ...opened, session: { ...opened.session, secret: input.secret } };
        },
      }),
      resource: (real) => ({
        issue: async (session, target, call) => {
          const made = await real.issue(session, target, call);
          return { ...made, credential: { ...made.credential, token: session.secret.keySecret } };
        },
      }),
    }),
  },
  {
    name: "hands out the main credential as base64",
    check: /: issue never holds the main credential/,
    caughtBy: /holds the main credential/,
    make: change({
      method: (real) => ({
        open: async (input, call) => {
          const opened = await real.open(input, call);
          return { ...opened, session: { ...opened.session, secret: input.secret } };
        },
      }),
      resource: (real) => ({
        issue: async (session, target, call) => {
          const made = await real.issue(session, target, call);
          return {
            ...made,
            credential: {
              ...made.credential,
              token: new Redacted(
                Buffer.from(`${session.secret.keyId}:${session.secret.keySecret.reveal()}`).toString("base64"),
              ),
            },
          };
        },
      }),
    }),
  },
  {
    name: "tells an end one second late",
    check: /: issue keeps to the lifetime/,
    caughtBy: /3601 s away/,
    make: issue((real) => async (session, target, call) => later(await real.issue(session, target, call), 1)),
  },
  {
    name: "tells an end an hour late",
    check: /: issue keeps to the lifetime/,
    caughtBy: /7200 s away/,
    make: issue((real) => async (session, target, call) => later(await real.issue(session, target, call), 3600)),
  },
  {
    name: "tells an early end",
    check: /: issue keeps to the lifetime/,
    caughtBy: /3000 s away/,
    make: issue((real) => async (session, target, call) => later(await real.issue(session, target, call), -600)),
  },
  {
    name: "ignores the lifetime asked for",
    check: /: issue keeps to the lifetime/,
    caughtBy: /asked for 3600 s, expiresAt is 900 s away/,
    make: issue((real) => (session, target, call) => real.issue(session, aimed(target, { ttlSeconds: 900 }), call)),
  },
  {
    name: "promises less than the cloud gives",
    check: /: issue keeps to the lifetime/,
    caughtBy: /still works at its expiresAt/,
    make: issue(
      (real) => async (session, target, call) =>
        later(await real.issue(session, aimed(target, { ttlSeconds: 3600 }), call), target.ttlSeconds - 3600),
    ),
  },
  {
    name: "tells no end",
    check: /: issue keeps to the lifetime/,
    caughtBy: /returns no expiresAt/,
    make: issue((real) => async (session, target, call) => ({
      ...(await real.issue(session, target, call)),
      expiresAt: null,
    })),
  },
  {
    name: "issues for the whole account",
    check: /: issue reaches what it should/,
    caughtBy: /may also|also reaches beta/,
    make: issue((real) => (session, target, call) => real.issue(session, aimed(target, { confinement: null }), call)),
  },
  {
    name: "read may write",
    check: /: issue reaches what it should/,
    caughtBy: /grant of read may also write/,
    make: issue((real) => (session, target, call) => real.issue(session, aimed(target, { access: "write" }), call)),
  },
  {
    name: "write may only read",
    check: /: issue reaches what it should/,
    caughtBy: /grant of write is refused for write/,
    make: issue((real) => (session, target, call) => real.issue(session, aimed(target, { access: "read" }), call)),
  },
  {
    name: "issues for the neighbour",
    check: /: issue reaches what it should/,
    caughtBy: /is refused for read at alpha/,
    make: issue((real) => (session, target, call) => real.issue(session, at(target, "beta"), call)),
  },
  {
    name: "returns another kind",
    check: /: issue returns the declared kind/,
    caughtBy: /returns kind acme-login/,
    make: issue((real) => async (session, target, call) => ({
      ...(await real.issue(session, target, call)),
      kind: "acme-login",
    })),
  },
  {
    name: "returns a field nobody declared",
    check: /: issue returns the declared kind/,
    caughtBy: /does not fit the kind/,
    make: issue((real) => async (session, target, call) => {
      const made = await real.issue(session, target, call);
      return { ...made, credential: { ...made.credential, extra: "x" } };
    }),
  },
  {
    name: "keeps what it issued",
    check: /: twenty issues at once/,
    caughtBy: /gave 1 credentials/,
    make: cachedIssue(),
  },
  {
    name: "labels nothing",
    check: /: the cloud's log names the session/,
    caughtBy: /log does not name/,
    make: issue(
      (real) => (session, target, call) => real.issue(session, target, { ...call, sessionName: "keywright" }),
    ),
  },
  // revoke
  {
    name: "revoke fails the second time",
    check: /: revoke may be said twice/,
    caughtBy: /second revoke fails with resource-not-found/,
    make: revoke((real) => async (session, target, handle, call) => {
      if (handle !== null && gone.has(handle + call.grantId))
        throw new KeywrightError("resource-not-found", "It is gone.");
      gone.add(handle + call.grantId);
      await real.revoke(session, target, handle, call);
    }),
  },
  {
    name: "revoke without a handle does nothing",
    check: /: revoke without a handle/,
    caughtBy: /still works after revoke without a handle/,
    make: revoke((real) => async (session, target, handle, call) => {
      if (handle !== null) await real.revoke(session, target, handle, call);
    }),
  },
  {
    name: "revoke does nothing",
    check: /: revoke ends the credential/,
    caughtBy: /still works after revoke with its handle/,
    make: revoke(() => async () => {}),
  },
  // verify
  {
    name: "verify yields out of order",
    check: /: verify passes for what is there/,
    caughtBy: /verify yields resource, permission, reachability/,
    make: verify(
      (real) =>
        async function* (session, target, call) {
          const all = [];
          for await (const one of real.verify(session, target, call)) all.push(one);
          yield* all.toReversed();
        },
    ),
  },
  {
    name: "verify throws a refusal",
    check: /: verify yields a refusal/,
    caughtBy: /verify throws access-denied/,
    make: verify(
      (real) =>
        async function* (session, target, call) {
          for await (const one of real.verify(session, target, call)) {
            if (!one.ok) throw new KeywrightError(one.code, one.detail);
            yield one;
          }
        },
    ),
  },
  {
    name: "verify passes for what is missing",
    check: /: verify fails for what is missing/,
    caughtBy: /passes for nowhere/,
    make: verify((real) => (session, target, call) => real.verify(session, target && at(target, "alpha"), call)),
  },
  {
    name: "verify calls missing forbidden without a fix",
    check: /: verify fails for what is missing/,
    caughtBy: /no fix/,
    make: verify(
      (real) =>
        async function* (session, target, call) {
          for await (const one of real.verify(session, target, call)) yield one.ok ? one : { ...one, fix: "" };
        },
    ),
  },
  {
    name: "verify names no missing rows",
    check: /: verify yields a refusal/,
    caughtBy: /names no missing rows/,
    make: verify(
      (real) =>
        async function* (session, target, call) {
          for await (const one of real.verify(session, target, call)) yield one.ok ? one : { ...one, missing: [] };
        },
    ),
  },
  {
    name: "verify calls an unreachable cloud reachable",
    check: /: verify does not call an unreachable/,
    caughtBy: /reports reachability as passed/,
    make: verify(
      (real) =>
        async function* (session, target, call) {
          yield { step: "reachability", tried: "hope", ok: true };
          yield* real.verify(session, target, call);
        },
    ),
  },
  // declarations
  {
    name: "wrong contract version",
    check: /^declared: contract version/,
    caughtBy: /says contract 99/,
    make: change({ plugin: (plugin) => ({ ...plugin, contract: 99 }) }),
  },
  {
    name: "an id twice",
    check: /^declared: ids/,
    caughtBy: /acme-cloud-gift-box is declared twice/,
    make: change({ type: (type) => ({ ...type, resources: [...type.resources, ...type.resources] }) }),
  },
  {
    name: "an id that is not kebab-case",
    check: /^declared: ids/,
    caughtBy: /AcmeCloud is not kebab-case/,
    make: change({ type: (type) => ({ ...type, id: "AcmeCloud" }) }),
  },
  {
    name: "no description",
    check: /^declared: titles/,
    caughtBy: /lacks its title or description/,
    make: change({ type: (type) => ({ ...type, description: "" }) }),
  },
  {
    name: "a secret that is not writeOnly",
    check: /^declared: secrets/,
    caughtBy: /keySecret is not writeOnly/,
    make: change({
      type: methods((one) => ({
        ...one,
        secret: {
          ...one.secret,
          fields: z.strictObject({ keyId: z.string().describe("Id."), keySecret: z.string().describe("Secret.") }),
        },
      })),
    }),
  },
  {
    name: "takes unknown configuration keys",
    check: /^declared: unknown/,
    caughtBy: /Make config a z\.strictObject/,
    make: change({ type: (type) => ({ ...type, config: z.object(type.config.shape) }) }),
  },
  {
    name: "a level without permissions",
    check: /^declared: permissions/,
    caughtBy: /read names no permissions/,
    make: change({
      type: offers((offer) => ({
        ...offer,
        access: { ...offer.access, read: { ...offer.access.read, permissions: [] } },
      })),
    }),
  },
  {
    name: "a template names no fact",
    check: /^declared: manifest/,
    caughtBy: /\{team\}/,
    make: change({ type: offers((offer) => ({ ...offer, list: [{ actions: ["drawer:list"], on: "{team}" }] })) }),
  },
  {
    name: "declares a method it does not implement",
    check: /^declared: everything/,
    caughtBy: /Auth method api-key is declared and not implemented/,
    make: change({ runtime: (runtime) => ({ ...runtime, authMethods: {} }) }),
  },
  {
    name: "implements a method it does not declare",
    check: /^declared: everything/,
    caughtBy: /Auth method password is implemented and not declared/,
    make: change({ runtime: (runtime) => ({ ...runtime, authMethods: { ...runtime.authMethods, password: {} } }) }),
  },
  {
    name: "an id that is not its own canonical",
    check: /: every spelling leads to one id/,
    caughtBy: /and that becomes|refused/,
    make: change({
      type: offers((offer) => ({
        ...offer,
        resourceId: {
          ...offer.resourceId,
          rewrites: [
            ["acme-cloud://gift-box/{giftBox}", "x{giftBox}"],
            ["xx{giftBox}", "{giftBox}"],
          ],
        },
      })),
    }),
  },
  {
    name: "an id may hold a wildcard",
    check: /: ids admit nothing/,
    caughtBy: /admits "/,
    make: field("[a-z*]{1,63}"),
  },
  { name: "an id may hold a newline", check: /: ids admit nothing/, caughtBy: /admits "/, make: field("[^/]{1,63}") },
];
