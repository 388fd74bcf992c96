/** What Acme vault answers, in the codes that every caller of Keywright knows. */
import { type ErrorCode, KeywrightError } from "@keywright/core";

type Answer = { readonly error?: { readonly code?: string; readonly message?: string } };
type Row = { readonly status: number; readonly code?: string; readonly as: ErrorCode; readonly hint: string };

/** The first that fits; a row without a code fits every answer of its status. */
const table: readonly Row[] = [
  { status: 401, code: "token-expired", as: "expired", hint: "Write a key that is good into the key file." },
  { status: 401, as: "credential-rejected", hint: "Write a key that is good into the key file." },
  { status: 403, as: "access-denied", hint: "Allow the key to read and write secrets." },
  { status: 412, as: "conflict", hint: "Read it again, then write." },
  { status: 413, as: "secret-invalid", hint: "Keep large values elsewhere, and their address here." },
  { status: 429, as: "provider-throttled", hint: "Try again in a moment." },
];

export const refused = (status: number, body: Answer, what: string): KeywrightError => {
  const { code = "", message = "no reason given" } = body.error ?? {};
  const row = table.find((one) => one.status === status && (one.code ?? code) === code);
  const retryable = status === 429 || status >= 500;
  return new KeywrightError(
    row?.as ?? (retryable ? "provider-unavailable" : "unexpected-answer"),
    `Acme vault refused to ${what}: ${message}`,
    { hint: row?.hint ?? "Try again; check the endpoint.", retryable, data: { status } },
  );
};
export const unreachable = (cause: unknown, what: string): unknown => {
  // Ours, or the caller's own wish to stop: not the vault's doing.
  const { name } = cause as { name?: string };
  if (KeywrightError.is(cause) || name === "AbortError" || name === "TimeoutError") return cause;
  return new KeywrightError("provider-unavailable", `Acme vault cannot be reached to ${what}.`, {
    hint: "Check the endpoint and the network.",
    retryable: true,
    cause,
  });
};
export const nonsense = (what: string): KeywrightError =>
  new KeywrightError("unexpected-answer", `Acme vault answered something else than it should when asked to ${what}.`, {
    hint: "Check that the endpoint is the vault's API, and no proxy's page.",
    retryable: true,
  });
