import type { IncomingMessage } from "node:http";

/** One HTTP request, read whole. Header names are lower case; `path` is as sent, still percent-encoded. */
export interface WireRequest {
  method: string;
  path: string;
  rawQuery: string;
  query: ReadonlyMap<string, string>;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  sourceIp: string;
  /** The region whose endpoint was dialled; absent on the region-agnostic endpoint. */
  endpointRegion?: string;
}

export interface WireResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** A refusal that a service answers in its own error format. `details` become extra elements of the error. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: Record<string, string>;
  readonly headers: Record<string, string>;
  constructor(
    code: string,
    message: string,
    status = 400,
    details: Record<string, string> = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** Percent-decoding that leaves malformed sequences alone. */
export const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Percent-encoding by RFC 3986: everything but the unreserved characters. */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

export const parseQuery = (raw: string): [string, string][] =>
  raw
    .split("&")
    .filter(Boolean)
    .map((pair) => {
      const [name = "", ...value] = pair.replaceAll("+", "%20").split("=");
      return [decode(name), decode(value.join("="))];
    });

export const readBody = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export const toWireRequest = (message: IncomingMessage, body: Buffer, endpointRegion?: string): WireRequest => {
  const [path = "/", ...rest] = (message.url ?? "/").split("?");
  const rawQuery = rest.join("?");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = [value].flat().join(",");
  return {
    method: message.method ?? "GET",
    path,
    rawQuery,
    query: new Map(parseQuery(rawQuery)),
    headers,
    body,
    sourceIp: (message.socket.remoteAddress ?? "127.0.0.1").replace("::ffff:", ""),
    ...(endpointRegion === undefined ? {} : { endpointRegion }),
  };
};

export const json = (value: unknown, status = 200, contentType = "application/json"): WireResponse => ({
  status,
  headers: { "content-type": contentType },
  body: JSON.stringify(value),
});
