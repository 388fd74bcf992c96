import { s3Actions } from "./s3-actions.ts";
import type { AuthFailure, FailureFacts, Service } from "./service.ts";
import { instantOf } from "./sigv4.ts";
import { decode, Refusal, type WireRequest, type WireResponse } from "./wire.ts";
import { xml } from "./xml.ts";

/** `bucket.s3.eu-central-1.amazonaws.com`, `bucket.s3.localhost`, `bucket.localhost`: the bucket before the endpoint. */
const VIRTUAL_HOST = /^(.+?)\.(?:s3[.-].*|s3|localhost|127\.0\.0\.1\.nip\.io)$/;

const addressOf = (request: WireRequest): { bucket: string; key: string } => {
  const host = (request.headers["host"] ?? "").replace(/:\d+$/, "");
  const virtual = /^(s3[.-]|\d+\.\d+\.\d+\.\d+$)/.test(host) ? undefined : VIRTUAL_HOST.exec(host)?.[1];
  const [, first = "", ...rest] = request.path.split("/");
  return virtual === undefined
    ? { bucket: decode(first), key: decode(rest.join("/")) }
    : { bucket: virtual, key: decode([first, ...rest].join("/")) };
};

/** Operations by method, place (service, bucket or object) and the query key that tells them apart. */
const ROUTES: readonly [method: string, place: "service" | "bucket" | "object", key: string, action: string][] = [
  ["GET", "service", "", "ListBuckets"],
  ["GET", "bucket", "location", "GetBucketLocation"],
  ["GET", "bucket", "uploads", "ListMultipartUploads"],
  ["GET", "bucket", "versioning", "GetBucketVersioning"],
  ["GET", "bucket", "list-type", "ListObjectsV2"],
  ["GET", "bucket", "", "ListObjects"],
  ["HEAD", "bucket", "", "HeadBucket"],
  ["PUT", "bucket", "", "CreateBucket"],
  ["DELETE", "bucket", "", "DeleteBucket"],
  ["POST", "bucket", "delete", "DeleteObjects"],
  ["GET", "object", "", "GetObject"],
  ["HEAD", "object", "", "HeadObject"],
  ["PUT", "object", "partNumber", "UploadPart"],
  ["PUT", "object", "", "PutObject"],
  ["DELETE", "object", "uploadId", "AbortMultipartUpload"],
  ["DELETE", "object", "", "DeleteObject"],
  ["POST", "object", "uploads", "CreateMultipartUpload"],
  ["POST", "object", "uploadId", "CompleteMultipartUpload"],
];

/** Keys that the SDKs add to any operation. */
const ANY_OPERATION = /^(x-id|X-Amz-.*|x-amz-.*)$/;

const identify = (request: WireRequest): { action: string; parameters: Record<string, unknown> } => {
  const { bucket, key } = addressOf(request);
  const place = bucket === "" ? "service" : key === "" ? "bucket" : "object";
  const query = [...request.query].filter(([name]) => !ANY_OPERATION.test(name));
  const route = ROUTES.find(
    ([method, where, name]) => method === request.method && where === place && (name === "" || request.query.has(name)),
  );
  return {
    action: route?.[3] ?? "Unsupported",
    parameters: {
      ...Object.fromEntries(query),
      ...(bucket === "" ? {} : { Bucket: bucket }),
      ...(key === "" ? {} : { Key: key }),
      ...(request.headers["x-amz-copy-source"] === undefined
        ? {}
        : { CopySource: request.headers["x-amz-copy-source"] }),
    },
  };
};

const failure = (kind: AuthFailure, { signature, state, expectedRegion }: FailureFacts): Refusal => {
  const now = state.clock.now();
  const signedAt = instantOf(signature?.timestamp ?? "");
  const key = { AWSAccessKeyId: signature?.accessKeyId ?? "" };
  switch (kind) {
    case "missing":
      return new Refusal("AccessDenied", "Access Denied", 403);
    case "malformed":
      return new Refusal("AuthorizationHeaderMalformed", "The authorization header is malformed.", 400);
    case "unknown-key":
      return new Refusal(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
        key,
      );
    case "bad-token":
      return new Refusal("InvalidToken", "The provided token is malformed or otherwise invalid.", 400);
    case "bad-signature":
      return new Refusal(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        403,
        key,
      );
    case "expired-token":
      return new Refusal("ExpiredToken", "The provided token has expired.", 400);
    case "skewed":
      return new Refusal(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
        {
          RequestTime: signature?.timestamp ?? "",
          ServerTime: now.toISOString(),
          MaxAllowedSkewMilliseconds: String(state.skewSeconds * 1000),
        },
      );
    case "presign-expired":
      return new Refusal("AccessDenied", "Request has expired", 403, {
        "X-Amz-Expires": String(signature?.expires ?? 0),
        Expires: new Date(signedAt + (signature?.expires ?? 0) * 1000).toISOString(),
        ServerTime: now.toISOString(),
      });
    case "wrong-scope":
      return new Refusal(
        "AuthorizationHeaderMalformed",
        `The authorization header is malformed; the region '${signature?.region}' is wrong; expecting '${expectedRegion}'`,
        400,
        { Region: expectedRegion ?? "" },
      );
  }
};

const render = (refusal: Refusal, requestId: string, request: WireRequest): WireResponse => ({
  status: refusal.status,
  headers: { "content-type": "application/xml", ...refusal.headers },
  ...(request.method === "HEAD"
    ? {}
    : {
        body: xml({
          Error: { Code: refusal.code, Message: refusal.message, ...refusal.details, RequestId: requestId, HostId: "" },
        }),
      }),
});

export const s3: Service = {
  name: "s3",
  identify,
  unsigned: () => false,
  throttling: { code: "SlowDown", status: 503 },
  failure,
  render,
  handle: (call) => {
    const perform = s3Actions[call.action];
    if (perform === undefined) throw new Refusal("NotImplemented", "The double has no such operation.", 501);
    return perform(call);
  },
};
