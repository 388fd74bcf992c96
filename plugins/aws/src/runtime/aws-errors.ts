/** Failures of the AWS SDK, as ours: one table. */
import { type ErrorCode, KeywrightError } from "@keywright/core";

const codes: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: "access-denied",
  AccessDeniedException: "access-denied",
  AuthorizationError: "access-denied",
  Forbidden: "access-denied",
  ForbiddenException: "access-denied",
  UnauthorizedOperation: "access-denied",
  OptInRequired: "access-denied",

  AuthFailure: "credential-rejected",
  IncompleteSignature: "credential-rejected",
  InvalidAccessKeyId: "credential-rejected",
  InvalidClientTokenId: "credential-rejected",
  InvalidIdentityToken: "credential-rejected",
  InvalidIdentityTokenException: "credential-rejected",
  InvalidSignatureException: "credential-rejected",
  InvalidToken: "credential-rejected",
  IDPRejectedClaim: "credential-rejected",
  IDPRejectedClaimException: "credential-rejected",
  MissingAuthenticationToken: "credential-rejected",
  RequestTimeTooSkewed: "credential-rejected",
  SignatureDoesNotMatch: "credential-rejected",
  UnrecognizedClientException: "credential-rejected",

  ExpiredToken: "expired",
  ExpiredTokenException: "expired",
  RequestExpired: "expired",

  InvalidClientException: "reauthentication-required",
  InvalidGrantException: "reauthentication-required",
  UnauthorizedException: "reauthentication-required",

  ClusterNotFoundException: "resource-not-found",
  NoSuchBucket: "resource-not-found",
  NoSuchKey: "resource-not-found",
  NotFound: "resource-not-found",
  RepositoryNotFoundException: "resource-not-found",
  ResourceNotFoundException: "resource-not-found",

  PackedPolicyTooLarge: "scope-too-large",
  PackedPolicyTooLargeException: "scope-too-large",

  InvalidRegionException: "config-invalid",
  RegionDisabledException: "config-invalid",
  ValidationError: "config-invalid",
  ValidationException: "config-invalid",

  BandwidthLimitExceeded: "provider-throttled",
  PriorRequestNotComplete: "provider-throttled",
  RequestLimitExceeded: "provider-throttled",
  RequestThrottled: "provider-throttled",
  SlowDown: "provider-throttled",
  SlowDownException: "provider-throttled",
  Throttling: "provider-throttled",
  ThrottlingException: "provider-throttled",
  TooManyRequestsException: "provider-throttled",

  ECONNREFUSED: "provider-unavailable",
  ECONNRESET: "provider-unavailable",
  EAI_AGAIN: "provider-unavailable",
  EHOSTUNREACH: "provider-unavailable",
  ENETUNREACH: "provider-unavailable",
  ENOTFOUND: "provider-unavailable",
  EPIPE: "provider-unavailable",
  ETIMEDOUT: "provider-unavailable",
  IDPCommunicationError: "provider-unavailable",
  IDPCommunicationErrorException: "provider-unavailable",
  InternalError: "provider-unavailable",
  InternalFailure: "provider-unavailable",
  InternalServerException: "provider-unavailable",
  ServerException: "provider-unavailable",
  ServiceUnavailable: "provider-unavailable",
  ServiceUnavailableException: "provider-unavailable",
  TimeoutError: "provider-unavailable",
};

const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  "access-denied": "Allow it in the identity's policy; for a role, in its trust policy as well.",
  "credential-rejected":
    "AWS does not accept this credential: it was mistyped, deactivated or deleted. Give a new one with `keywright connector rotate {connector}`.",
  expired: "Give a new credential with `keywright connector rotate {connector}`.",
  "reauthentication-required": "Log in again: keywright connector authenticate {connector}",
  "resource-not-found": "Check its name, account and region.",
  "scope-too-large": "The session policy is larger than AWS packs. Ask for a shorter prefix, or drop session tags.",
  "config-invalid": "Check the connector's configuration: region, role and lifetime.",
  "provider-throttled": "AWS asks for fewer requests; try again in a minute.",
  "provider-unavailable": "AWS did not answer. Check the network, the region and the endpoint, then try again.",
};

type SdkError = {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly cause?: unknown;
};

/** AWS's own sentence, where it can hold no credential: a refusal names principal, action and resource. */
const ownWords = (code: ErrorCode, message: string | undefined): string => {
  if (!message || !["access-denied", "config-invalid", "scope-too-large"].includes(code)) return "";
  return `: ${message.replaceAll(/\s+/g, " ").slice(0, 400)}`;
};

export const asKeywrightError = (error: unknown, what: string): unknown => {
  if (KeywrightError.is(error)) return error;
  const failure = error as SdkError;
  if (KeywrightError.is(failure.cause)) return failure.cause;
  if (failure.name === "AbortError") return error;
  const status = failure.$metadata?.httpStatusCode;
  const code =
    codes[failure.name ?? ""] ??
    codes[failure.Code ?? ""] ??
    codes[failure.code ?? ""] ??
    (status === 401 || status === 403
      ? "access-denied"
      : status === 404
        ? "resource-not-found"
        : status === 429
          ? "provider-throttled"
          : status !== undefined && status >= 500
            ? "provider-unavailable"
            : undefined);
  if (code === undefined) {
    return new KeywrightError(
      "unexpected-answer",
      `${what} got an answer that is not understood (${failure.name ?? "unknown"}${status === undefined ? "" : `, status ${status}`}).`,
      {
        hint: "Check the endpoint; run it again with --debug.",
        cause: error,
      },
    );
  }
  const clock =
    failure.name === "RequestTimeTooSkewed" ? "This machine's clock is wrong: set it, then try again." : undefined;
  return new KeywrightError(
    code,
    `${what} failed${ownWords(code, failure.message)} (${failure.name === "Error" || failure.name === undefined ? (failure.code ?? code) : failure.name}).`,
    {
      hint: clock ?? hints[code] ?? "Run it again with --debug.",
      retryable: code === "provider-throttled" || code === "provider-unavailable",
      cause: error,
    },
  );
};

/** The operation is not offered here: S3-compatible stores know a part of STS. */
export const isNotOffered = (error: unknown): boolean => {
  const { name, $metadata } = error as SdkError;
  return (
    $metadata?.httpStatusCode === 405 ||
    $metadata?.httpStatusCode === 501 ||
    ["InvalidAction", "MethodNotAllowed", "NotImplemented", "UnknownOperationException"].includes(name ?? "")
  );
};
