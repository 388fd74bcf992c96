/** What Acme cloud answers, in the codes that every caller of Keywright knows. */
import { type ErrorCode, KeywrightError } from "@keywright/core";

type Answer = { readonly error?: { readonly code?: string; readonly message?: string; readonly permission?: string } };
type Row = {
  readonly status: number;
  readonly code?: string;
  readonly as: ErrorCode;
  readonly hint: string;
  readonly retryable?: true;
};

/** The first that fits; a row without a code fits every answer of its status. */
const table: readonly Row[] = [
  { status: 400, as: "config-invalid", hint: "Correct what it names." },
  { status: 401, code: "token-expired", as: "expired", hint: "Ask for a new grant." },
  { status: 401, code: "token-revoked", as: "revoked", hint: "Ask for a new grant." },
  { status: 401, as: "credential-rejected", hint: "Give a key that is good: keywright connector rotate {connector}" },
  {
    status: 403,
    as: "access-denied",
    hint: "Allow it to the key: keywright connector describe {connector} --permissions",
  },
  {
    status: 404,
    as: "resource-not-found",
    hint: "keywright connector list-resources {connector} shows what there is.",
  },
  { status: 409, as: "conflict", hint: "Read it again, then write." },
  { status: 412, as: "conflict", hint: "Read it again, then write." },
  { status: 429, as: "provider-throttled", hint: "Try again in a moment.", retryable: true },
];
const otherwise: Row = {
  status: 0,
  as: "provider-unavailable",
  hint: "Try again; see Acme cloud's status page.",
  retryable: true,
};

export const refused = (status: number, body: Answer, what: string): KeywrightError => {
  const { code = "", message = "no reason given", permission } = body.error ?? {};
  const row = table.find((one) => one.status === status && (one.code ?? code) === code) ?? otherwise;
  return new KeywrightError(row.as, `Acme cloud refused to ${what}: ${message}`, {
    hint: permission === undefined ? row.hint : `The key lacks ${permission}. ${row.hint}`,
    retryable: row.retryable ?? false,
    data: { status, ...(permission !== undefined && { permission }) },
  });
};

export const unreachable = (cause: unknown, what: string): unknown => {
  // Ours (an address that is not allowed), or the caller's own wish to stop: not Acme cloud's doing.
  const { name } = cause as { name?: string };
  if (KeywrightError.is(cause) || name === "AbortError" || name === "TimeoutError") return cause;
  return new KeywrightError("provider-unavailable", `Acme cloud cannot be reached to ${what}.`, {
    hint: "Check the endpoint and the network.",
    retryable: true,
    cause,
  });
};
export const nonsense = (what: string): KeywrightError =>
  new KeywrightError("unexpected-answer", `Acme cloud answered something else than JSON when asked to ${what}.`, {
    hint: "Check that the endpoint is Acme cloud's API, and no proxy's page.",
    retryable: true,
  });
