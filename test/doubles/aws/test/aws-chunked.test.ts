import { describe, expect, it } from "vitest";
import { decodeUpload } from "../src/aws-chunked.ts";
import type { Signature } from "../src/sigv4.ts";
import type { WireRequest } from "../src/wire.ts";

/** The published example: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const signature: Signature = {
  by: "header",
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  date: "20130524",
  region: "us-east-1",
  service: "s3",
  signedHeaders: ["host"],
  signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  timestamp: "20130524T000000Z",
};
const chunks: [size: number, signature: string][] = [
  [65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
  [1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
  [0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
];
const bodyOf = (letter: string): string =>
  chunks.map(([size, sign]) => `${size.toString(16)};chunk-signature=${sign}\r\n${letter.repeat(size)}\r\n`).join("");

const upload = (mode: string, body: string, headers: Record<string, string> = {}): WireRequest => ({
  method: "PUT",
  path: "/b/k",
  rawQuery: "",
  query: new Map(),
  headers: { "x-amz-content-sha256": mode, ...headers },
  body: Buffer.from(body),
  sourceIp: "127.0.0.1",
});

const SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const decode = (request: WireRequest): string => decodeUpload(request, signature, secret).toString();

describe("aws-chunked uploads", () => {
  it("holds the published chunk signatures", () => {
    expect(decode(upload(SIGNED, bodyOf("a")))).toBe("a".repeat(66_560));
    expect(() => decode(upload(SIGNED, bodyOf("b")))).toThrow(/does not match/);
    expect(() => decode(upload(SIGNED, bodyOf("a").replace(/;chunk-signature=\w+/, "")))).toThrow(/does not match/);
  });
  it("checks trailing checksums and the stated length", () => {
    const good = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    expect(decode(upload(UNSIGNED, good))).toBe("abc");
    expect(() => decode(upload(UNSIGNED, good.replace("abc", "abd")))).toThrow(/did not match/);
    expect(() => decode(upload(UNSIGNED, good, { "x-amz-decoded-content-length": "4" }))).toThrow(/terminated/);
    expect(() => decode(upload(UNSIGNED, "9\r\nabc"))).toThrow(/terminated/);
  });
  it("requires a signed trailer to be signed", () => {
    const unsigned = `${bodyOf("a").slice(0, -2)}x-amz-checksum-crc32:AAAAAA==\r\n\r\n`;
    expect(() => decode(upload(`${SIGNED}-TRAILER`, unsigned))).toThrow(/does not match/);
  });
});
