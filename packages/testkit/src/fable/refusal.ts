/** What Fable answers when it does not do as asked: `{ "error": { code, message, permission? } }`. */

export type RefusalCode =
  | "bad-request"
  | "key-rejected"
  | "token-expired"
  | "token-revoked"
  | "token-unknown"
  | "forbidden"
  | "not-found"
  | "version-mismatch"
  | "too-large"
  | "too-many-requests"
  | "broken";

const statuses: Readonly<Record<RefusalCode, number>> = {
  "bad-request": 400,
  "key-rejected": 401,
  "token-expired": 401,
  "token-revoked": 401,
  "token-unknown": 401,
  forbidden: 403,
  "not-found": 404,
  "version-mismatch": 412,
  "too-large": 413,
  "too-many-requests": 429,
  broken: 500,
};

/** Thrown by a route, written by the server. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  /** The permission that is missing, where one is. */
  readonly permission: string | undefined;

  constructor(code: RefusalCode, message: string, permission?: string) {
    super(message);
    this.code = code;
    this.status = statuses[code];
    this.permission = permission;
  }

  body(): object {
    const { code, message, permission } = this;
    return { error: { code, message, ...(permission !== undefined && { permission }) } };
  }
}
