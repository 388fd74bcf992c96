import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { chunkSignature, sameText, signingKey, trailerSignature, type Signature } from "./sigv4.ts";
import { Refusal, type WireRequest } from "./wire.ts";

const mismatch = (): Refusal =>
  new Refusal(
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    403,
  );
const incomplete = (): Refusal => new Refusal("IncompleteBody", "The request body terminated unexpectedly", 400);

const CHECKSUMS: Record<string, (body: Buffer) => string> = {
  "x-amz-checksum-crc32": (body) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString("base64");
  },
  "x-amz-checksum-sha1": (body) => createHash("sha1").update(body).digest("base64"),
  "x-amz-checksum-sha256": (body) => createHash("sha256").update(body).digest("base64"),
};

/** Refuses a body whose checksum, in a header or a trailer, is wrong. Algorithms that node lacks are not checked. */
const verifyChecksums = (body: Buffer, fields: Readonly<Record<string, string>>): void => {
  for (const [name, compute] of Object.entries(CHECKSUMS)) {
    const stated = fields[name];
    if (stated !== undefined && stated !== compute(body)) {
      throw new Refusal(
        "BadDigest",
        `The ${name.slice(15).toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
  }
};

/**
 * The plain body of an upload. Undoes `aws-chunked` in its four dialects: chunks signed or not, trailer or not.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export const decodeUpload = (request: WireRequest, signature: Signature | undefined, secret: string): Buffer => {
  const mode = request.headers["x-amz-content-sha256"] ?? "";
  if (!mode.startsWith("STREAMING-")) {
    verifyChecksums(request.body, request.headers);
    return request.body;
  }
  const signed = mode.startsWith("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  const key = signature && signed ? signingKey(secret, signature) : undefined;
  const { body } = request;
  const chunks: Buffer[] = [];
  let previous = signature?.signature ?? "";
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf("\r\n", at);
    if (lineEnd < 0) throw incomplete();
    const [, length = "", stated = ""] =
      /^([0-9a-fA-F]+)(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(body.toString("latin1", at, lineEnd)) ?? [];
    if (length === "") throw incomplete();
    const start = lineEnd + 2;
    const size = Number.parseInt(length, 16);
    const chunk = body.subarray(start, start + size);
    if (chunk.length < size) throw incomplete();
    if (key !== undefined && signature !== undefined) {
      const expected = chunkSignature(key, signature, previous, chunk);
      if (!sameText(expected, stated)) throw mismatch();
      previous = expected;
    }
    at = start + size + (size === 0 ? 0 : 2);
    if (size === 0) break;
    chunks.push(chunk);
  }
  const plain = Buffer.concat(chunks);
  const trailers: Record<string, string> = {};
  for (const line of body.toString("latin1", at).split("\r\n").filter(Boolean)) {
    const colon = line.indexOf(":");
    trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const trailerSigned = trailers["x-amz-trailer-signature"];
  if (mode.endsWith("-TRAILER") && key !== undefined && signature !== undefined) {
    const text = Object.entries(trailers)
      .filter(([name]) => name !== "x-amz-trailer-signature")
      .map(([name, value]) => `${name}:${value}\n`)
      .join("");
    if (!sameText(trailerSignature(key, signature, previous, text), trailerSigned ?? "")) throw mismatch();
  }
  const stated = request.headers["x-amz-decoded-content-length"];
  if (stated !== undefined && Number(stated) !== plain.length) throw incomplete();
  verifyChecksums(plain, { ...request.headers, ...trailers });
  return plain;
};
