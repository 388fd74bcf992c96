/** One credential on loopback for one child: an unguessable path, a token in a header, and nothing else is answered. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Answer = { readonly status: number; readonly body: object };
export type Endpoint = { readonly url: string; readonly token: string; close(): Promise<void> };
export type EndpointOptions = {
  /** From memory, well under a second: SDKs wait no longer. */
  readonly answer: () => Promise<Answer>;
  /** Told why, never what was sent. */
  readonly refused?: (why: string) => void;
};

/** Both sides hashed, so that neither content nor length shows in the time it takes. */
const same = (given: string, wanted: string): boolean =>
  timingSafeEqual(createHash("sha256").update(given).digest(), createHash("sha256").update(wanted).digest());

/** A browser or a proxy is on the way: the request is not the child's own. */
const foreign = (headers: IncomingMessage["headers"]): string | undefined =>
  Object.keys(headers).find(
    (name) =>
      name === "origin" ||
      name === "forwarded" ||
      name === "via" ||
      name.startsWith("x-forwarded-") ||
      name.startsWith("sec-fetch-"),
  );

const reply = (response: ServerResponse, { status, body }: Answer) => {
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    })
    .end(text);
};

/** Listens on an ephemeral port of 127.0.0.1. The token goes into the `Authorization` header as it is, with no scheme. */
export const serveCredential = async (options: EndpointOptions): Promise<Endpoint> => {
  const path = `/v1/credential/${randomBytes(32).toString("base64url")}`;
  const token = randomBytes(32).toString("base64url");
  let authority = "";
  const whyNot = ({ method, url = "", headers }: IncomingMessage): string | null => {
    const known = same(url, path);
    const proven = same(headers.authorization ?? "", token);
    if (headers.host !== authority) return "host";
    const header = foreign(headers);
    if (header !== undefined) return header;
    if (!known) return "path";
    if (!proven) return "token";
    return method === "GET" ? null : "method";
  };
  const server = createServer((request, response) => {
    request.resume();
    const why = whyNot(request);
    if (why !== null) {
      // 403 and not 401, which makes some SDKs negotiate.
      reply(response, { status: 403, body: { Code: "AccessDenied", Message: "Keywright: not for you." } });
      options.refused?.(why);
      return;
    }
    options.answer().then(
      (answer) => reply(response, answer),
      () => reply(response, { status: 500, body: { Code: "InternalError", Message: "Keywright could not answer." } }),
    );
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${authority}${path}`,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
