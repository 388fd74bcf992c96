import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { decode, encodeStrictly, parseQuery, type WireRequest } from "./wire.ts";

/** A SigV4 signature as found on a request, before anything about it is believed. */
export interface Signature {
  by: "header" | "query";
  accessKeyId: string;
  /** `20260101`, of the credential scope. */
  date: string;
  region: string;
  service: string;
  signedHeaders: readonly string[];
  signature: string;
  /** `20260101T000000Z` */
  timestamp: string;
  /** Lifetime of a presigned request, in seconds. */
  expires?: number;
  sessionToken?: string;
}

export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

export const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

const fromCredential = (text: string): Pick<Signature, "accessKeyId" | "date" | "region" | "service"> | undefined => {
  const [accessKeyId, date, region, service, end, ...rest] = text.split("/");
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request" || rest.length > 0) return undefined;
  return { accessKeyId, date, region, service };
};

const token = (value: string | undefined) => (value === undefined ? {} : { sessionToken: value });

/** The signature of a request; undefined when it carries none, "malformed" when it carries half of one. */
export const readSignature = (request: WireRequest): Signature | "malformed" | undefined => {
  const { headers, query } = request;
  if (query.has("X-Amz-Signature") || query.get("X-Amz-Algorithm") === "AWS4-HMAC-SHA256") {
    const scope = fromCredential(query.get("X-Amz-Credential") ?? "");
    const timestamp = query.get("X-Amz-Date");
    const signature = query.get("X-Amz-Signature");
    if (scope === undefined || !timestamp || !signature) return "malformed";
    return {
      by: "query",
      ...scope,
      signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "host").split(";"),
      signature,
      timestamp,
      expires: Number(query.get("X-Amz-Expires") ?? "900"),
      ...token(query.get("X-Amz-Security-Token")),
    };
  }
  const authorization = headers["authorization"];
  if (!authorization?.startsWith("AWS4-HMAC-SHA256 ")) return undefined;
  const fields = new Map(parseQuery(authorization.slice(17).replaceAll("+", "%2B").replace(/,\s*/g, "&")));
  const scope = fromCredential(fields.get("Credential") ?? "");
  const signature = fields.get("Signature");
  const timestamp = headers["x-amz-date"] ?? compactDate(headers["date"]);
  if (scope === undefined || !signature || !timestamp) return "malformed";
  return {
    by: "header",
    ...scope,
    signedHeaders: (fields.get("SignedHeaders") ?? "").split(";"),
    signature,
    timestamp,
    ...token(headers["x-amz-security-token"]),
  };
};

const compactDate = (httpDate: string | undefined): string | undefined => {
  const time = Date.parse(httpDate ?? "");
  return Number.isNaN(time) ? undefined : compact(new Date(time));
};

export const compact = (date: Date): string => `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;

/** `20260101T000000Z` as milliseconds since 1970; NaN when it is none. */
export const instantOf = (timestamp: string): number =>
  Date.parse(timestamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));

export const signingKey = (secret: string, { date, region, service }: Signature): Buffer =>
  hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request");

/** S3 signs the path encoded once; every other service signs it encoded twice. */
const canonicalPath = (path: string, service: string): string => {
  const segments = path.split("/").map((segment) => encodeStrictly(decode(segment)));
  return (service === "s3" ? segments : segments.map(encodeStrictly)).join("/") || "/";
};

const canonicalQuery = (raw: string): string =>
  parseQuery(raw)
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const)
    .toSorted(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

/** The payload hash that the client signed: stated in a header for S3, else computed from the body. */
export const payloadHash = (request: WireRequest, signature: Signature): string => {
  const stated = request.headers["x-amz-content-sha256"] ?? request.query.get("X-Amz-Content-Sha256");
  if (stated !== undefined) return stated;
  return signature.by === "query" && signature.service === "s3" ? "UNSIGNED-PAYLOAD" : sha256(request.body);
};

/** The signature that a request should carry, for a secret key. */
export const expectedSignature = (request: WireRequest, signature: Signature, secret: string): string => {
  const headers = signature.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  const canonical = [
    request.method,
    canonicalPath(request.path, signature.service),
    canonicalQuery(request.rawQuery),
    headers.join(""),
    signature.signedHeaders.join(";"),
    payloadHash(request, signature),
  ].join("\n");
  return hmac(signingKey(secret, signature), stringToSign("AWS4-HMAC-SHA256", signature, sha256(canonical))).toString(
    "hex",
  );
};

const stringToSign = (algorithm: string, { timestamp, date, region, service }: Signature, ...rest: string[]): string =>
  [algorithm, timestamp, `${date}/${region}/${service}/aws4_request`, ...rest].join("\n");

export const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** Signatures of the chunks and the trailer of a streamed S3 upload, each bound to the one before. */
export const chunkSignature = (key: Buffer, signature: Signature, previous: string, chunk: Buffer): string =>
  hmac(key, stringToSign("AWS4-HMAC-SHA256-PAYLOAD", signature, previous, EMPTY_SHA256, sha256(chunk))).toString("hex");

export const trailerSignature = (key: Buffer, signature: Signature, previous: string, trailer: string): string =>
  hmac(key, stringToSign("AWS4-HMAC-SHA256-TRAILER", signature, previous, sha256(trailer))).toString("hex");
