/** Every failure a caller can meet: what it means, how a process exits, how a server answers. */
const codes = {
  // what was asked is wrong
  usage: { exit: 2, http: 400 },
  "config-invalid": { exit: 2, http: 400 },
  "secret-invalid": { exit: 2, http: 400 },
  "resource-id-invalid": { exit: 2, http: 400 },
  "access-not-offered": { exit: 2, http: 400 },
  "lifetime-out-of-bounds": { exit: 2, http: 400 },
  unsupported: { exit: 2, http: 400 },
  // it is not there
  "type-not-found": { exit: 3, http: 404 },
  "connector-not-found": { exit: 3, http: 404 },
  "resource-not-found": { exit: 3, http: 404 },
  "grant-not-found": { exit: 3, http: 404 },
  "secret-missing": { exit: 3, http: 404 },
  // somebody says no
  "access-denied": { exit: 4, http: 403 },
  "out-of-scope": { exit: 4, http: 403 },
  unconfined: { exit: 4, http: 403 },
  "main-credential": { exit: 4, http: 403 },
  "endpoint-not-allowed": { exit: 4, http: 403 },
  "command-not-allowed": { exit: 4, http: 403 },
  "verification-failed": { exit: 5, http: 422 },
  "audit-broken": { exit: 5, http: 500 },
  // the credential is no longer good
  expired: { exit: 6, http: 401 },
  "credential-rejected": { exit: 6, http: 401 },
  "reauthentication-required": { exit: 6, http: 401 },
  revoked: { exit: 6, http: 401 },
  // the other side does not answer
  "provider-unavailable": { exit: 7, http: 503 },
  "provider-throttled": { exit: 7, http: 429 },
  "deadline-exceeded": { exit: 7, http: 504 },
  // our own house
  "name-taken": { exit: 1, http: 409 },
  conflict: { exit: 1, http: 409 },
  "scope-too-large": { exit: 1, http: 422 },
  "cannot-decrypt": { exit: 1, http: 500 },
  "key-wrong": { exit: 1, http: 500 },
  "key-invalid": { exit: 1, http: 500 },
  "state-unavailable": { exit: 1, http: 500 },
  "state-corrupt": { exit: 1, http: 500 },
  "state-newer": { exit: 1, http: 500 },
  "plugin-incompatible": { exit: 1, http: 500 },
  "plugin-conflict": { exit: 1, http: 500 },
  "plugin-changed": { exit: 1, http: 500 },
  "plugin-invalid": { exit: 1, http: 500 },
  "unexpected-answer": { exit: 1, http: 502 },
  cancelled: { exit: 130, http: 499 },
  internal: { exit: 1, http: 500 },
} as const satisfies Record<string, { readonly exit: number; readonly http: number }>;

export type ErrorCode = keyof typeof codes;
export const errorCodes = Object.keys(codes) as readonly ErrorCode[];
/** Process exit status of a code: 1 failure, 2 usage, 3 not found, 4 denied, 5 verification, 6 expired, 7 unavailable. */
export const exitCodeOf = (code: ErrorCode): number => codes[code].exit;
export const httpStatusOf = (code: ErrorCode): number => codes[code].http;

const marker = Symbol.for("keywright.error");

export type ErrorDetails = {
  /** What to do next, in one sentence. In a plugin `{connector}` stands for the connector's name; the host fills it in. */
  readonly hint?: string;
  /** The same request may succeed later. */
  readonly retryable?: boolean;
  /** The provider's own words; never printed without `--debug`, never with secret values in them. */
  readonly cause?: unknown;
  /** Structured detail for programs: `{ "missing": [...] }`. Never a secret. */
  readonly data?: Readonly<Record<string, unknown>>;
};

/** The one error of Keywright. `code` is closed; `message` names ids, never values of secrets. */
export class KeywrightError extends Error {
  override readonly name = "KeywrightError";
  readonly [marker] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? false;
    this.data = details.data;
  }

  /** Also true for an error of another copy of core. */
  static is(value: unknown): value is KeywrightError {
    return typeof value === "object" && value !== null && marker in value;
  }

  toJSON(): {
    code: ErrorCode;
    message: string;
    hint?: string;
    retryable: boolean;
    data?: Readonly<Record<string, unknown>>;
  } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint !== undefined && { hint: this.hint }),
      retryable: this.retryable,
      ...(this.data !== undefined && { data: this.data }),
    };
  }
}
