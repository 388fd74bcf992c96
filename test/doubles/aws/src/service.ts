import type { Credential } from "./identity.ts";
import type { Signature } from "./sigv4.ts";
import type { ServiceName, State } from "./state.ts";
import type { Refusal, WireRequest, WireResponse } from "./wire.ts";

/** One request on its way through a service: who asks (if signed), for what, and with which arguments. */
export interface ServiceCall {
  state: State;
  request: WireRequest;
  /** The plain body: what the client meant, with `aws-chunked` undone. */
  body: Buffer;
  action: string;
  parameters: Readonly<Record<string, unknown>>;
  region: string;
  requestId: string;
  credential: Credential | undefined;
}

/** The ways a signature can fail, and what a service says to each. */
export type AuthFailure =
  | "missing"
  | "malformed"
  | "unknown-key"
  | "bad-token"
  | "bad-signature"
  | "expired-token"
  | "skewed"
  | "presign-expired"
  | "wrong-scope";

export interface FailureFacts {
  state: State;
  request: WireRequest;
  signature: Signature | undefined;
  /** What the scope should have been, for `wrong-scope`. */
  expectedRegion?: string;
}

export interface Service {
  name: ServiceName;
  /** The service in the credential scope, for signing. */
  identify(request: WireRequest): { action: string; parameters: Record<string, unknown> };
  /** May this action come without a signature? */
  unsigned(action: string, request: WireRequest): boolean;
  /** What throttling looks like here. */
  throttling: { code: string; status: number };
  failure(kind: AuthFailure, facts: FailureFacts): Refusal;
  render(refusal: Refusal, requestId: string, request: WireRequest): WireResponse;
  handle(call: ServiceCall): WireResponse | Promise<WireResponse>;
}
