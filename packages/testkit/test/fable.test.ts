import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Fable, startFable } from "@keywright/testkit/fable";

let fable: Fable;
beforeEach(async () => {
  fable = await startFable();
});
afterEach(() => fable.close());

const basic = ({ keyId, keySecret } = fable.key) => `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString("base64")}`;
const ask = async (
  method: string,
  path: string,
  { authorization = basic(), body, headers = {} }: { authorization?: string; body?: object; headers?: object } = {},
) => {
  const response = await fetch(`${fable.url}${path}`, {
    method,
    headers: { authorization, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
};
const token = async (scope: object | null, ttlSeconds = 60) => {
  const { body } = await ask("POST", "/v1/token", { body: { ttlSeconds, label: "test-1", scope } });
  return { ...body, authorization: `Bearer ${body.token}` };
};

describe("tokens", () => {
  test("a scoped token does that in that drawer, and nothing else", async () => {
    const { authorization } = await token({ drawer: "beta", access: "write" });
    const tried = [
      ["GET", "/v1/drawers/beta/items/first", 200],
      ["PUT", "/v1/drawers/beta/items/new", 204],
      ["PUT", "/v1/drawers/beta", 403],
      ["GET", "/v1/drawers/alpha/items/first", 403],
      ["GET", "/v1/drawers", 403],
      ["GET", "/v1/secrets", 403],
      ["GET", "/v1/drawers/beta/items/none", 404],
    ] as const;
    for (const [method, path, status] of tried) {
      const body = method === "PUT" ? { body: { value: "x", note: "x" } } : {};
      expect([method, path, (await ask(method, path, { authorization, ...body })).status]).toEqual([
        method,
        path,
        status,
      ]);
    }
  });
  test("ends at its second, not before, and says whether it expired or was revoked", async () => {
    const { authorization, tokenId, expiresAt } = await token({ drawer: "beta", access: "read" });
    expect(Date.parse(expiresAt) - fable.clock.now().getTime()).toBe(60_000);
    fable.clock.advance(59);
    expect((await ask("GET", "/v1/drawers/beta", { authorization })).status).toBe(200);
    fable.clock.advance(1);
    const expired = await ask("GET", "/v1/drawers/beta", { authorization });
    expect([expired.status, expired.body.error.code]).toEqual([401, "token-expired"]);
    for (const _ of "12") expect((await ask("DELETE", `/v1/tokens/${tokenId}`)).status).toBe(204);
    expect((await ask("GET", "/v1/me", { authorization })).body.error.code).toBe("token-revoked");
  });
  test("are revoked by label, those of other keys are not", async () => {
    const { authorization } = await token(null);
    const other = fable.addKey();
    await ask("DELETE", "/v1/tokens?label=test-1", { authorization: basic(other) });
    expect((await ask("GET", "/v1/me", { authorization })).status).toBe(200);
    await ask("DELETE", "/v1/tokens?label=test-1");
    expect((await ask("GET", "/v1/me", { authorization })).status).toBe(401);
  });
  test("a key gives no more than it has, and the refusal names what is missing", async () => {
    const poor = basic(fable.addKey({ permissions: ["token:create", "drawer:read:*"] }));
    const body = { ttlSeconds: 60, label: "x", scope: { drawer: "beta", access: "write" } };
    const { status, body: answer } = await ask("POST", "/v1/token", { authorization: poor, body });
    expect([status, answer.error.permission]).toEqual([403, "drawer:write:beta"]);
    expect((await ask("POST", "/v1/token", { body: { ...body, ttlSeconds: 59 } })).status).toBe(400);
    fable.revokeKey(fable.key.keyId);
    expect((await ask("GET", "/v1/me")).body.error.code).toBe("key-rejected");
  });
});

test("drawers come three a page, each once, in order", async () => {
  const names: string[] = [];
  let pages = 0;
  for (let after: string | null = ""; after !== null; pages++) {
    const { body } = await ask("GET", `/v1/drawers?after=${after}`);
    names.push(...body.drawers.map((one: { name: string }) => one.name));
    after = body.next;
  }
  expect([pages, names]).toEqual([3, fable.drawers]);
});

test("secrets keep versions and refuse a write over another", async () => {
  const path = "/v1/secrets/team/a";
  const first = await ask("PUT", path, {
    body: { value: "1", labels: { of: "a" } },
    headers: { "if-none-match": "*" },
  });
  expect(first.status).toBe(201);
  expect((await ask("PUT", path, { body: { value: "2" }, headers: { "if-none-match": "*" } })).status).toBe(412);
  const match = { "if-match": `"${first.body.version}"` };
  expect((await ask("PUT", path, { body: { value: "2" }, headers: match })).status).toBe(200);
  expect((await ask("PUT", path, { body: { value: "3" }, headers: match })).status).toBe(412);
  expect((await ask("GET", path)).body.value).toBe("2");
  expect((await ask("GET", `${path}?version=${first.body.version}`)).body).toMatchObject({
    value: "1",
    labels: { of: "a" },
  });
  expect((await ask("PUT", path, { body: { value: "x".repeat(65_537) } })).status).toBe(413);
  for (const name of ["b", "c", "d"]) await ask("PUT", `/v1/secrets/team/${name}`, { body: { value: name } });
  const listed = (await ask("GET", "/v1/secrets?prefix=team/")).body;
  expect([listed.secrets.length, listed.next]).toEqual([3, "team/c"]);
  expect([(await ask("DELETE", path)).status, (await ask("DELETE", path)).status]).toEqual([204, 404]);
});

test("faults meet what they name, as often as they say, until they are undone", async () => {
  fable.fail({ method: "GET", path: "/v1/drawers", how: "throttled", times: 1 });
  const throttled = await ask("GET", "/v1/drawers");
  expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "1"]);
  expect((await ask("GET", "/v1/drawers")).status).toBe(200);
  const undo = fable.fail({ how: "unreachable" });
  await expect(ask("GET", "/v1/me")).rejects.toThrow("fetch failed");
  undo();
  fable.fail({ how: "hang", path: "/v1/drawers" });
  await expect(
    fetch(`${fable.url}/v1/drawers`, { headers: { authorization: basic() }, signal: AbortSignal.timeout(30) }),
  ).rejects.toThrow("timeout");
  expect((await ask("GET", "/v1/me")).status).toBe(200);
});

test("the log says who asked for what, and how it ended", async () => {
  const { authorization } = await token({ drawer: "beta", access: "read" });
  await ask("GET", "/v1/drawers/alpha", { authorization });
  expect(fable.requests.map(({ method, path, label, status }) => [method, path, label, status])).toEqual([
    ["POST", "/v1/token", "test-1", 201],
    ["GET", "/v1/drawers/alpha", "test-1", 403],
  ]);
});
