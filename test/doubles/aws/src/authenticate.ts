import type { Credential } from "./identity.ts";
import type { AuthFailure, Service } from "./service.ts";
import { expectedSignature, instantOf, payloadHash, readSignature, sameText, sha256, type Signature } from "./sigv4.ts";
import { ownerExists, type State } from "./state.ts";
import { Refusal, type WireRequest } from "./wire.ts";

export interface Authentication {
  credential: Credential;
  signature: Signature;
}

const SCOPE_SERVICE: Record<string, string> = { sts: "sts", s3: "s3", ecr: "ecr", eks: "eks" };

/** What is wrong with the time of a request, if anything. */
const timeProblem = (signature: Signature, state: State): AuthFailure | undefined => {
  const signedAt = instantOf(signature.timestamp);
  const now = state.clock.now().getTime();
  if (Number.isNaN(signedAt) || !signature.timestamp.startsWith(signature.date)) return "malformed";
  const skew = state.skewSeconds * 1000;
  if (signedAt > now + skew) return "skewed";
  if (signature.by === "header") return now > signedAt + skew ? "skewed" : undefined;
  return now > signedAt + (signature.expires ?? 0) * 1000 ? "presign-expired" : undefined;
};

const scopeProblem = (service: Service, signature: Signature, request: WireRequest, state: State): boolean => {
  if (signature.service !== SCOPE_SERVICE[service.name]) return true;
  if (request.endpointRegion !== undefined) return signature.region !== request.endpointRegion;
  return !state.regions.has(signature.region) && !state.disabledRegions.has(signature.region);
};

const bodyProblem = (request: WireRequest, signature: Signature): boolean => {
  const stated = payloadHash(request, signature);
  return /^[0-9a-f]{64}$/.test(stated) && stated !== sha256(request.body);
};

/** Verifies a request's signature, key, token and time, in the order in which AWS tells what is wrong. */
export const authenticate = (service: Service, request: WireRequest, state: State): Authentication => {
  const signature = readSignature(request);
  const fail = (kind: AuthFailure, expectedRegion?: string): Refusal =>
    service.failure(kind, {
      state,
      request,
      signature: signature === "malformed" ? undefined : signature,
      ...(expectedRegion === undefined ? {} : { expectedRegion }),
    });
  if (signature === undefined) throw fail("missing");
  if (signature === "malformed" || !signature.signedHeaders.includes("host")) throw fail("malformed");
  const late = timeProblem(signature, state);
  if (late !== undefined) throw fail(late);
  if (scopeProblem(service, signature, request, state)) {
    throw fail("wrong-scope", request.endpointRegion ?? state.region);
  }
  const credential = state.credentials.get(signature.accessKeyId);
  if (credential === undefined || !credential.active || !ownerExists(state, credential)) throw fail("unknown-key");
  if (credential.sessionToken !== signature.sessionToken) {
    throw fail(signature.sessionToken === undefined ? "unknown-key" : "bad-token");
  }
  const expected = expectedSignature(request, signature, credential.secretAccessKey);
  if (!sameText(expected, signature.signature)) throw fail("bad-signature");
  const unsignedHeader = Object.keys(request.headers).find(
    (name) => name.startsWith("x-amz-") && signature.by === "header" && !signature.signedHeaders.includes(name),
  );
  if (unsignedHeader !== undefined && service.name === "s3") {
    throw new Refusal("AccessDenied", "There were headers present in the request which were not signed", 403, {
      HeadersNotSigned: unsignedHeader,
    });
  }
  if (bodyProblem(request, signature)) throw service.name === "s3" ? wrongBody() : fail("bad-signature");
  if (credential.session && credential.session.expiresAt <= state.clock.now()) throw fail("expired-token");
  return { credential, signature };
};

const wrongBody = (): Refusal =>
  new Refusal(
    "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
