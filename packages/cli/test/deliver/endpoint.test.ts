import { request } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Endpoint, serveCredential } from "../../src/deliver/endpoint.ts";

const open: Endpoint[] = [];
const refusals: string[] = [];
const serve = async (secret = "s3cret") => {
  const endpoint = await serveCredential({
    answer: async () => ({ status: 200, body: { secret } }),
    refused: (why) => refusals.push(why),
  });
  open.push(endpoint);
  return endpoint;
};
afterEach(async () => {
  refusals.length = 0;
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

type Sent = { url?: string; method?: string; headers?: Record<string, string> };
const send = ({ url = "", method = "GET", headers = {} }: Sent) =>
  new Promise<{ status: number; body: string; type: string }>((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body, type: response.headers["content-type"] ?? "" }),
      );
    });
    sent.on("error", reject).end();
  });

describe("the credentials endpoint", () => {
  it("answers its own child", async () => {
    const { url, token } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/credential\/[\w-]{43}$/);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await send({ url, headers: { authorization: token } })).toEqual({
      status: 200,
      body: '{"secret":"s3cret"}',
      type: "application/json",
    });
  });

  const wrong: [string, (endpoint: Endpoint) => Sent][] = [
    ["token", ({ url }) => ({ url })],
    ["token", ({ url, token }) => ({ url, headers: { authorization: `Bearer ${token}` } })],
    ["token", ({ url, token }) => ({ url, headers: { authorization: token.slice(0, -1) } })],
    ["path", ({ url, token }) => ({ url: url.slice(0, -1), headers: { authorization: token } })],
    ["path", ({ url, token }) => ({ url: `${url}/`, headers: { authorization: token } })],
    ["path", ({ url, token }) => ({ url: `${url}?a=b`, headers: { authorization: token } })],
    ["path", ({ url, token }) => ({ url: new URL("/", url).href, headers: { authorization: token } })],
    ["host", ({ url, token }) => ({ url, headers: { authorization: token, host: "attacker.example" } })],
    ["host", ({ url, token }) => ({ url, headers: { authorization: token, host: `localhost:${new URL(url).port}` } })],
    ["host", ({ url, token }) => ({ url, headers: { authorization: token, host: "127.0.0.1" } })],
    ["origin", ({ url, token }) => ({ url, headers: { authorization: token, origin: "http://127.0.0.1" } })],
    [
      "x-forwarded-for",
      ({ url, token }) => ({ url, headers: { authorization: token, "x-forwarded-for": "127.0.0.1" } }),
    ],
    ["forwarded", ({ url, token }) => ({ url, headers: { authorization: token, forwarded: "for=127.0.0.1" } })],
    ["sec-fetch-mode", ({ url, token }) => ({ url, headers: { authorization: token, "sec-fetch-mode": "cors" } })],
    ["method", ({ url, token }) => ({ url, method: "POST", headers: { authorization: token } })],
    ["method", ({ url, token }) => ({ url, method: "OPTIONS", headers: { authorization: token } })],
  ];
  it.each(wrong)("refuses a wrong %s", async (why, spoil) => {
    const answer = await send(spoil(await serve()));
    expect(answer).toMatchObject({ status: 403, type: "application/json" });
    expect(JSON.parse(answer.body)).toMatchObject({ Code: "AccessDenied" });
    expect(answer.body).not.toContain("s3cret");
    expect(refusals).toEqual([why]);
  });

  it("keeps two children apart", async () => {
    const [one, two] = [await serve("one"), await serve("two")];
    expect((await send({ url: one.url, headers: { authorization: two.token } })).status).toBe(403);
    expect((await send({ url: two.url, headers: { authorization: one.token } })).status).toBe(403);
    expect(
      (await send({ url: new URL(new URL(one.url).pathname, two.url).href, headers: { authorization: one.token } }))
        .status,
    ).toBe(403);
  });
});
