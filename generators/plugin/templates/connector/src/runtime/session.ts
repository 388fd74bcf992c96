/** An authenticated handle. It holds the main credential, and never leaves the broker. */
import { type Call, KeywrightError, Redacted } from "@keywright/core";
import { nonsense, refused, unreachable } from "./acme-cloud-errors.ts";

export type Session = {
  readonly endpoint: string;
  /** The answer's JSON. `what` completes "Acme cloud refused to …". */
  ask(
    method: string,
    path: string,
    what: string,
    call: Call,
    body?: object,
  ): Promise<Readonly<Record<string, unknown>>>;
};

export const createSession = (endpoint: string, authorization: Redacted): Session => ({
  endpoint,
  ask: async (method, path, what, call, body) => {
    try {
      // The only door out: it dials what the operator allowed, and ends when the caller does.
      const response = await call.network.fetch(new URL(path, endpoint), {
        method,
        signal: call.signal,
        headers: {
          authorization: authorization.reveal(),
          "user-agent": `keywright ${call.sessionName}`,
          ...(body && { "content-type": "application/json" }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      let answer: unknown = {};
      try {
        answer = text === "" ? {} : JSON.parse(text);
      } catch {
        if (response.ok) throw nonsense(what);
      }
      if (!response.ok) throw refused(response.status, answer as object, what);
      if (typeof answer !== "object" || answer === null) throw nonsense(what);
      return answer as Readonly<Record<string, unknown>>;
    } catch (cause) {
      throw unreachable(cause, what);
    }
  },
});

/** Text that must be in an answer. */
export const textIn = (answer: Readonly<Record<string, unknown>>, name: string, what: string): string => {
  const value = answer[name];
  if (typeof value === "string") return value;
  throw new KeywrightError("unexpected-answer", `Acme cloud's answer to ${what} has no ${name}.`, {
    hint: "Check that the endpoint is Acme cloud's API.",
  });
};
