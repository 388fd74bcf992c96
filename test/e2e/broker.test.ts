/** What the broker promises beside narrowing: audit, keys, rotation, scope, lifetimes, listing, bad state. */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Broker, createBroker } from "@keywright/broker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { type Bench, createBench, pluginFolders } from "../suites/target.ts";

let target: Awaited<ReturnType<typeof doubleTarget>>;
const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "kw-"));
  folders.push(made);
  return made;
};
beforeAll(async () => {
  target = await doubleTarget();
});
afterAll(async () => {
  await target.close();
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});

const registration = (name: string, more: object = {}, method = "iam-role") => {
  const setup = target.methods[method];
  const { config, ...rest } = more as { config?: object };
  return {
    name,
    type: "aws",
    authMethod: method.split("+")[0] ?? method,
    resourceTypes: ["s3-bucket"],
    config: { ...target.config, ...setup?.config, ...config },
    ...(setup?.secret && { secret: setup.secret }),
    allowedEndpoints: target.endpoints,
    ...rest,
  };
};
const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );
const withBench = async (work: (bench: Bench) => Promise<void>, directory = folder()) => {
  const bench = await createBench(target.clock, directory);
  try {
    await work(bench);
  } finally {
    await bench.close();
  }
};

describe("registration", () => {
  it("verifies once, and the grant uses what it learnt", () =>
    withBench(async ({ broker }) => {
      target.aws.calls.length = 0;
      const { connector, checks, enabled } = await broker.connectors.register(registration("prod"));
      expect(checks.map(({ step, ok }) => [step, ok])).toEqual([
        ["identity", true],
        ["permission", true],
      ]);
      expect(target.aws.calls.filter(({ action }) => action === "AssumeRole").length).toBe(1);
      expect(connector).toMatchObject({
        facts: { account: target.aws.accountId },
        principal: expect.stringContaining("assumed-role/kw/"),
      });
      expect(enabled).toMatch(/^@keywright\/aws@/);
      expect((await broker.connectors.register(registration("second"))).enabled).toBeNull();
    }));
  it("saves nothing when a check fails, and says which permission is missing, ready to paste", () =>
    withBench(async ({ broker }) => {
      const poor = target.aws.createUser({ name: "poor", policies: [] });
      const secret = { accessKeyId: poor.accessKeyId, secretAccessKey: poor.secretAccessKey };
      const checks: { step: string; ok: boolean; document?: string }[] = [];
      const error = await failure(
        broker.connectors.register(registration("prod", { secret }, "secret-key"), {
          onCheck: (check) => checks.push(check),
        }),
      );
      expect(error).toMatchObject({
        code: "verification-failed",
        hint: expect.stringContaining("s3:ListAllMyBuckets"),
      });
      expect(checks.map(({ step, ok }) => [step, ok])).toEqual([
        ["identity", true],
        ["permission", false],
      ]);
      expect(JSON.parse(checks[1]?.document ?? "{}")).toEqual({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "s3:ListAllMyBuckets", Resource: "*" }],
      });
      expect(broker.connectors.list()).toEqual([]);
      await broker.connectors.register(registration("prod", { secret }, "secret-key"), { verify: false });
      expect(broker.connectors.list().map(({ verifiedAt }) => verifiedAt)).toEqual([null]);
    }));
  it("of a wrong key stops at identity", () =>
    withBench(async ({ broker }) => {
      const secret = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "nothing that is known" };
      expect(await failure(broker.connectors.register(registration("prod", { secret })))).toMatchObject({
        code: "verification-failed",
        data: { checks: [{ step: "identity", code: "credential-rejected" }] },
      });
    }));
  it.each([
    ["an unknown field", { config: { regoin: "eu-central-1" } }, "config-invalid", /region/],
    ["a malformed ARN", { config: { roleArn: "arn:aws:iam::1:role/x" } }, "config-invalid", /roleArn/],
    ["an unknown region", { config: { region: "moon" } }, "config-invalid", /region/],
    ["a mistyped region", { config: { region: "eu-centrl-1" } }, "config-invalid", /region/],
    ["a region of another partition", { config: { region: "cn-north-1" } }, "config-invalid", /aws-cn/],
    [
      "a role of another partition",
      { config: { roleArn: "arn:aws-cn:iam::123456789012:role/kw" } },
      "config-invalid",
      /aws-cn/,
    ],
    ["an unknown method", { authMethod: "iam-rol" }, "type-not-found", /iam-role/],
    ["an unknown resource type", { resourceTypes: ["s3-buckt"] }, "type-not-found", /s3-bucket/],
    ["an unknown type", { type: "awz" }, "type-not-found", /aws/],
    ["an empty name", { name: "" }, "config-invalid", /name/],
    ["a name with a newline", { name: "a\nb" }, "config-invalid", /name/],
    [
      "an empty secret",
      { secret: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "" } },
      "secret-invalid",
      /secretAccessKey/,
    ],
    [
      "a secret of a megabyte",
      { secret: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x".repeat(1_048_576) } },
      "secret-invalid",
      /secretAccessKey/,
    ],
    ["a missing secret", { secret: { accessKeyId: "AKIAIOSFODNN7EXAMPLE" } }, "secret-invalid", /secretAccessKey/],
    ["a malformed bucket", { resourceId: "s3://UPPER" }, "resource-id-invalid", /s3:\/\//],
    ["a bucket of another partition", { resourceId: "arn:aws-cn:s3:::models" }, "out-of-scope", /aws-cn/],
    ["an expiry without a zone", { expiresAt: "2026-01-01T00:00:00" }, "config-invalid", /zone/],
    ["an endpoint that is not allowed", { allowedEndpoints: [] }, "endpoint-not-allowed", /allow-endpoint/],
    [
      "a role option without the role",
      { authMethod: "secret-key", config: { roleArn: undefined, externalId: "x1" } },
      "config-invalid",
      /roleArn/,
    ],
  ])("refuses %s with what to do", async (_what, more, code, words) =>
    withBench(async ({ broker }) => {
      const given = registration("prod", more);
      const config = Object.fromEntries(
        Object.entries(given.config as object).filter(([, value]) => value !== undefined),
      );
      const error = (await failure(broker.connectors.register({ ...given, config }))) as {
        code: string;
        message: string;
        hint?: string;
      };
      expect(error).toMatchObject({ code });
      expect(`${error.message} ${error.hint}`).toMatch(words);
      expect(error.message).not.toContain("\n");
      expect(broker.connectors.list()).toEqual([]);
    }),
  );
});

describe("a role with tags and a source identity", () => {
  it("needs a trust statement of its own, which the check prints", () =>
    withBench(async ({ broker }) => {
      const { aws } = target;
      const who = { AWS: `arn:aws:iam::${aws.accountId}:root` };
      const trust = (Action: string[]) => ({
        Version: "2012-10-17" as const,
        Statement: [{ Effect: "Allow" as const, Principal: who, Action }],
      });
      const all = {
        Version: "2012-10-17" as const,
        Statement: [{ Effect: "Allow" as const, Action: "s3:*", Resource: "*" }],
      };
      const role = aws.createRole({ name: "tagged", trust: trust(["sts:AssumeRole"]), policies: [all] });
      const config = { roleArn: role.arn, sessionTags: { team: "a" }, sourceIdentity: "alice" };
      const error = (await failure(broker.connectors.register(registration("prod", { config })))) as {
        code: string;
        hint: string;
      };
      expect(error).toMatchObject({ code: "verification-failed", hint: expect.stringContaining("trust policy") });
      expect(error.hint).toContain('"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]');
      aws.updateRole("tagged", { trust: trust(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]) });
      await broker.connectors.register(registration("prod", { config }));
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).confinement?.by).toBe(
        "session-policy",
      );
      aws.deleteRole("tagged");
    }));
  it("that does not trust the identity gets the policy to paste, before anything is saved", () =>
    withBench(async ({ broker }) => {
      const poor = target.aws.createUser({ name: "untrusted", policies: [] });
      const secret = { accessKeyId: poor.accessKeyId, secretAccessKey: poor.secretAccessKey };
      const checks: { document?: string }[] = [];
      const error = await failure(
        broker.connectors.register(registration("prod", { secret }), { onCheck: (check) => checks.push(check) }),
      );
      expect(error).toMatchObject({
        code: "verification-failed",
        hint: expect.stringContaining("sts:AssumeRole on arn:aws:iam::"),
      });
      expect(JSON.parse(checks[0]?.document ?? "{}")).toMatchObject({
        Statement: [{ Action: "sts:AssumeRole", Resource: expect.stringContaining(":role/kw") }],
      });
    }));
});

describe("throttling", () => {
  it("is waited out within the deadline, and is an error of its own beyond it", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod"));
      let withdraw = target.aws.fault({ service: "sts", times: 2, status: 400, code: "Throttling" });
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).id).toMatch(/^\w{20}$/);
      withdraw();
      withdraw = target.aws.fault({ service: "sts", times: 1000, status: 400, code: "Throttling" });
      const started = performance.now();
      const error = await failure(broker.grants.issue({ connector: "prod", resourceId: "models-2" }, { seconds: 2 }));
      withdraw();
      expect(error).toMatchObject({
        code: expect.stringMatching(/provider-throttled|deadline-exceeded/),
        retryable: true,
      });
      expect(performance.now() - started).toBeLessThan(3500);
    }));
});

describe("scope", () => {
  it("of one bucket is never left, whatever the spelling", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod", { resourceId: "arn:aws:s3:::models" }));
      expect((await broker.grants.issue({ connector: "prod" })).resourceId).toBe("s3://models");
      expect((await broker.grants.issue({ connector: "prod", resourceId: "s3://models/in/" })).resourceId).toBe(
        "s3://models/in",
      );
      for (const resourceId of ["models-2", "s3://models-2", "arn:aws:s3:::models-2/in"]) {
        expect(await failure(broker.grants.issue({ connector: "prod", resourceId }))).toMatchObject({
          code: "out-of-scope",
        });
      }
      expect(await failure(broker.grants.issue({ connector: "prod", resourceType: "aws-generic" }))).toMatchObject({
        code: "out-of-scope",
      });
      const refused = broker.audit.list({ action: "grant.issue" }).filter(({ outcome }) => outcome === "refused");
      expect(refused.length).toBe(4);
    }));
  it("of one prefix does not reach its siblings", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod", { resourceId: "s3://models/in" }));
      expect((await broker.grants.issue({ connector: "prod", resourceId: "s3://models/in/deep" })).resourceId).toBe(
        "s3://models/in/deep",
      );
      for (const resourceId of ["s3://models", "s3://models/inside", "s3://models/out"]) {
        expect(await failure(broker.grants.issue({ connector: "prod", resourceId })), resourceId).toMatchObject({
          code: "out-of-scope",
        });
      }
    }));
  it("stays as it was when an update does not name it", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(
        registration("prod", { resourceId: "models", lifetimeSeconds: 1800, labels: { team: "a" } }),
      );
      const { connector } = await broker.connectors.update("prod", { description: "new" });
      expect(connector).toMatchObject({
        resourceId: "s3://models",
        resourceTypes: ["s3-bucket"],
        lifetimeSeconds: 1800,
        labels: { team: "a" },
        version: 2,
      });
      expect(broker.connectors.get("prod")).toEqual({ ...connector, description: "new" });
      const { connector: moved } = await broker.connectors.update("prod", {
        config: { regions: ["eu-west-1"] },
        labels: {},
      });
      expect(moved).toMatchObject({
        description: "new",
        labels: {},
        config: { regions: ["eu-west-1"], region: "eu-central-1" },
      });
      expect((await broker.connectors.update("prod", { unset: ["regions"] })).connector.config).not.toHaveProperty(
        "regions",
      );
    }));
  it("is found by type, resource, id in any spelling, label and name; the id stays over a rename", () =>
    withBench(async ({ broker }) => {
      const { connector } = await broker.connectors.register(
        registration("prod", { resourceId: "models", labels: { team: "a" } }),
      );
      await broker.connectors.register(registration("wide", { labels: { team: "b" } }));
      const names = (filter: Parameters<Broker["connectors"]["list"]>[0]) =>
        broker.connectors.list(filter).map(({ name }) => name);
      expect(names({ type: "aws" })).toEqual(["prod", "wide"]);
      expect(names({ labels: { team: "a" } })).toEqual(["prod"]);
      expect(names({ resourceId: "arn:aws:s3:::models" })).toEqual(["prod", "wide"]);
      expect(names({ resourceId: "models-2" })).toEqual(["wide"]);
      expect(names({ resourceType: "kubernetes-cluster" })).toEqual([]);
      expect(names({ name: "pr*" })).toEqual(["prod"]);
      await broker.connectors.update("prod", { name: "renamed" });
      expect(broker.connectors.get(connector.id).name).toBe("renamed");
      expect(await failure(broker.connectors.update("renamed", { name: "wide" }))).toMatchObject({
        code: "name-taken",
      });
    }));
});

describe("lifetimes", () => {
  it("below the minimum are refused, above the maximum are capped, and the grant says what decided", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod"));
      const ask = async (ttlSeconds?: number) =>
        (
          await broker.grants.issue({
            connector: "prod",
            resourceId: "models",
            ...(ttlSeconds !== undefined && { ttlSeconds }),
          })
        ).lifetime;
      expect(await failure(ask(899))).toMatchObject({ code: "lifetime-out-of-bounds", data: { min: 900 } });
      expect(await failure(ask(1.5))).toMatchObject({ code: "lifetime-out-of-bounds" });
      expect(await ask()).toEqual({ seconds: 3600, decidedBy: "method default" });
      expect(await ask(900)).toEqual({ seconds: 900, decidedBy: "request" });
      expect(await ask(100_000)).toEqual({ seconds: 43_200, decidedBy: "method maximum" });
      await broker.connectors.update("prod", { lifetimeSeconds: 60 });
      expect(await failure(ask())).toMatchObject({
        code: "lifetime-out-of-bounds",
        hint: expect.stringContaining("900"),
      });
      await broker.connectors.update("prod", { lifetimeSeconds: 1200 });
      expect(await ask()).toEqual({ seconds: 1200, decidedBy: "connector" });
      expect(await ask(3600)).toEqual({ seconds: 1200, decidedBy: "connector" });
    }));
  it("of a chained role end after an hour", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod", {}, "sts-token+role"));
      expect(
        (await broker.grants.issue({ connector: "prod", resourceId: "models", ttlSeconds: 43_200 })).lifetime,
      ).toEqual({ seconds: 3600, decidedBy: "method maximum" });
      const source = target.methods["sts-token"]?.secret;
      await broker.connectors.register(registration("from-session", { secret: source }));
      expect(
        (await broker.grants.issue({ connector: "from-session", resourceId: "models", ttlSeconds: 43_200 })).lifetime,
      ).toEqual({ seconds: 3600, decidedBy: "role chaining" });
    }));
  it("of a pre-issued credential are refused after its end, less the skew", () =>
    withBench(async ({ broker }) => {
      const expiresAt = new Date(target.clock().getTime() + 600_000).toISOString();
      await broker.connectors.register(
        registration(
          "prod",
          { expiresAt, expiresSkewSeconds: 60, allowUnconfined: true, allowMainCredential: true },
          "sts-token",
        ),
      );
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).mainCredential).toBe(true);
      await target.pass(541);
      expect(await failure(broker.grants.issue({ connector: "prod", resourceId: "models" }))).toMatchObject({
        code: "expired",
        hint: expect.stringContaining("rotate"),
      });
      // What was stale can be cleared.
      expect((await broker.connectors.update("prod", { expiresAt: null })).connector.expiresAt).toBeNull();
    }));
});

describe("cached grants", () => {
  it("are dropped on rejection, update, rotation and delete, and ahead of their end", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod"));
      const ask = () => broker.grants.issue({ connector: "prod", resourceId: "models" });
      const first = await ask();
      expect((await ask()).id).toBe(first.id);
      expect(broker.grants.reject(first.id)).toBe(true);
      const second = await ask();
      expect(second.id).not.toBe(first.id);
      await broker.connectors.update("prod", { description: "x" });
      const third = await ask();
      expect(third.id).not.toBe(second.id);
      await broker.connectors.rotate("prod", { secret: target.methods["iam-role"]?.secret ?? {} });
      const fourth = await ask();
      expect(fourth.id).not.toBe(third.id);
      await target.pass(3600 - 15 * 60);
      expect((await ask()).id).not.toBe(fourth.id);
      await broker.connectors.delete("prod");
      expect(await failure(ask())).toMatchObject({ code: "connector-not-found" });
      expect(broker.grants.list({ status: "active" })).toEqual([]);
    }));
  it("are served while the provider is down, until a minute before their end", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod"));
      const ask = () => broker.grants.issue({ connector: "prod", resourceId: "models" }, { seconds: 3 });
      const first = await ask();
      await target.pass(3600 - 12 * 60);
      const withdraw = target.aws.fault({ service: "sts", times: 1000, status: 503, code: "ServiceUnavailable" });
      expect((await ask()).id).toBe(first.id);
      await target.pass(11 * 60 + 5);
      expect(await failure(ask())).toMatchObject({
        code: expect.stringMatching(/provider-unavailable|deadline-exceeded/),
      });
      withdraw();
      expect((await ask()).id).not.toBe(first.id);
    }));
  it("revoke ends them here, and says until when AWS still takes them", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod"));
      const grant = await broker.grants.issue({ connector: "prod", resourceId: "models" });
      expect(await broker.grants.revoke(grant.id)).toMatchObject({ status: "revoked", validUntil: grant.expiresAt });
      expect(broker.grants.get(grant.id).status).toBe("revoked");
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).id).not.toBe(grant.id);
      expect(await failure(broker.grants.revoke("nothing"))).toMatchObject({ code: "grant-not-found" });
    }));
});

describe("rotation", () => {
  it("verifies before it switches, keeps the id, and goes back within the overlap", () =>
    withBench(async ({ broker }) => {
      const user = target.aws.createUser({
        name: `r${Date.now()}`,
        policies: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["sts:*"], Resource: "*" }] }],
      });
      const secret = { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey };
      const { connector } = await broker.connectors.register(registration("prod", { secret }));
      const wrong = { accessKeyId: user.accessKeyId, secretAccessKey: "mistyped" };
      expect(await failure(broker.connectors.rotate("prod", { secret: wrong }))).toMatchObject({
        code: "verification-failed",
      });
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).id).toMatch(/^\w{20}$/);
      const next = target.aws.createAccessKey(user.arn.split("/").at(-1) ?? "");
      const rotated = await broker.connectors.rotate("prod", { secret: { ...next }, overlapSeconds: 600 });
      expect(rotated.connector).toMatchObject({ id: connector.id, version: 2, previousUntil: expect.any(String) });
      const back = await broker.connectors.rollback("prod");
      expect(back.connector).toMatchObject({ id: connector.id, version: 3, previousUntil: null });
      expect(await failure(broker.connectors.rollback("prod"))).toMatchObject({ code: "secret-missing" });
    }));
});

describe("what a change does not prove", () => {
  it("is not known any more, and an empty list of resource types widens nothing", () =>
    withBench(async ({ broker }) => {
      await broker.connectors.register(registration("prod"));
      expect(broker.connectors.get("prod").verifiedAt).not.toBeNull();
      await broker.connectors.update("prod", { config: { regions: ["eu-west-1"] } }, { verify: false });
      expect(broker.connectors.get("prod").verifiedAt).toBeNull();
      expect(await failure(broker.connectors.update("prod", { resourceTypes: [] }))).toMatchObject({ code: "usage" });
      expect(broker.connectors.get("prod").resourceTypes).toEqual(["s3-bucket"]);
    }));
  it("a rollback brings back the end of the older credential as well", () =>
    withBench(async ({ broker }) => {
      const at = (seconds: number) => new Date(target.clock().getTime() + seconds * 1000).toISOString();
      const allowed = { allowUnconfined: true, allowMainCredential: true };
      const first = at(3600);
      await broker.connectors.register(registration("prod", { ...allowed, expiresAt: first }, "sts-token"));
      const secret = target.methods["sts-token"]?.secret ?? {};
      await broker.connectors.rotate("prod", { secret, expiresAt: at(7200), overlapSeconds: 600 });
      expect((await broker.connectors.rollback("prod")).connector.expiresAt).toBe(first);
    }));
});

describe("MFA", () => {
  it("lapses into exit 6 naming the one command, and a code brings it back", () =>
    withBench(async ({ broker }) => {
      const mfa = target.methods["secret-key+mfa"];
      await broker.connectors.register(
        {
          ...registration("prod", { allowUnconfined: true }, "secret-key+mfa"),
          config: { ...target.config, ...mfa?.config },
        },
        { ask: async () => "123456" },
      );
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).unconfined).toBe(true);
      await target.pass(36 * 3600 + 1);
      expect(await failure(broker.grants.issue({ connector: "prod", resourceId: "models" }))).toMatchObject({
        code: "reauthentication-required",
        hint: "Run: keywright connector authenticate prod",
      });
      expect(await failure(broker.connectors.authenticate("prod", { ask: async () => "12" }))).toMatchObject({
        code: "usage",
      });
      await broker.connectors.authenticate("prod", { ask: async () => "123456" });
      expect((await broker.grants.issue({ connector: "prod", resourceId: "models" })).unconfined).toBe(true);
    }));
});

describe("listing", () => {
  it("pages to the end of ten thousand buckets, and a dead provider is in nobody's way", async () => {
    const account = target.aws.account("210987654321");
    const user = account.createUser({
      name: "many",
      policies: [{ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }],
    });
    for (let index = 0; index < 10_000; index++)
      account.createBucket({ name: `many-${String(index).padStart(5, "0")}` });
    await withBench(async ({ broker }) => {
      const secret = { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey };
      await broker.connectors.register(registration("many", { secret }, "secret-key"));
      const dead = { ...target.config, s3Endpoint: "http://127.0.0.1:9" };
      await broker.connectors.register(
        registration("dead", { config: dead, allowedEndpoints: [...target.endpoints, "127.0.0.1:9"] }),
        { verify: false },
      );
      let first: number | null = null;
      let rows = 0;
      const errors: string[] = [];
      const before = process.memoryUsage().heapUsed;
      const started = performance.now();
      for await (const row of broker.resources.list({})) {
        first ??= performance.now() - started;
        if ("error" in row) errors.push(`${row.connector} ${row.error.code}`);
        else rows += 1;
      }
      expect(rows).toBe(10_000);
      expect(errors).toEqual(["dead provider-unavailable"]);
      expect(first).toBeLessThan(performance.now() - started);
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(150_000_000);
    });
  });
});

describe("the server's clock", () => {
  it("off by five minutes, either way, changes nothing", async () => {
    for (const off of [-290, 290, -3600, 86_400]) {
      const shifted = await doubleTarget();
      shifted.aws.setClockOffset(off);
      const bench = await createBench();
      const setup = shifted.methods["iam-role"];
      await bench.broker.connectors.register({
        ...registration("prod"),
        config: { ...shifted.config, ...setup?.config },
        secret: setup?.secret ?? {},
        allowedEndpoints: shifted.endpoints,
      });
      const grant = await bench.broker.grants.issue({ connector: "prod", resourceId: "models", ttlSeconds: 900 });
      const left = ((grant.expiresAt?.getTime() ?? 0) - Date.now()) / 1000;
      expect(left, `off by ${off} s`).toBeGreaterThan(880);
      expect(left, `off by ${off} s`).toBeLessThan(905);
      await bench.close();
      await shifted.close();
    }
  });
});

describe("the audit", () => {
  it("names a row that was changed, removed, moved, put in, or cut off", async () => {
    const directory = folder();
    const bench = await createBench(target.clock, directory);
    await bench.broker.connectors.register(registration("prod"));
    for (const resourceId of ["models", "models-2", "s3://models/in"])
      await bench.broker.grants.issue({ connector: "prod", resourceId });
    const { rows } = bench.broker.audit.verify();
    await bench.broker.close();
    const file = join(directory, "keywright.db");
    const tampers: [string, string, number][] = [
      ["a changed row", `UPDATE audit SET actor = 'somebody' WHERE seq = 3`, 3],
      ["a changed detail", `UPDATE audit SET detail = '{}' WHERE seq = 4`, 4],
      ["a removed row", `DELETE FROM audit WHERE seq = 3`, 3],
      ["the last row cut off", `DELETE FROM audit WHERE seq = ${rows}`, rows],
      [
        "two rows swapped",
        `UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = -1`,
        3,
      ],
      [
        "a row put in",
        `INSERT INTO audit SELECT ${rows + 1}, at, actor, action, outcome, connector, grant_id, detail, mac FROM audit WHERE seq = ${rows}`,
        rows + 1,
      ],
      [
        "cut off with its head",
        `DELETE FROM audit WHERE seq = ${rows}; UPDATE audit_head SET seq = ${rows - 1}, mac = (SELECT mac FROM audit WHERE seq = ${rows - 1})`,
        rows - 1,
      ],
    ];
    for (const [what, sql, seq] of tampers) {
      const copy = folder();
      for (const name of ["keywright.db", "secrets.db", "key"]) copyFileSync(join(directory, name), join(copy, name));
      chmodSync(join(copy, "key"), 0o600);
      const database = new DatabaseSync(join(copy, "keywright.db"));
      database.exec(sql);
      database.close();
      const again = await createBench(target.clock, copy);
      let error: unknown = null;
      try {
        again.broker.audit.verify();
      } catch (thrown) {
        error = thrown;
      }
      expect(error, what).toMatchObject({ code: "audit-broken", data: { seq } });
      await again.close();
    }
    expect(statSync(file).size).toBeGreaterThan(0);
  });
});

describe("the state folder", () => {
  const start = (directory: string, environment: Record<string, string> = { KEYWRIGHT_KEYRING: "off" }) =>
    createBroker({ directory, ...pluginFolders, environment });
  it("is its owner's alone, and so is the key", () =>
    withBench(async ({ directory, broker }) => {
      await broker.connectors.register(registration("prod"), { verify: false });
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      expect(statSync(join(directory, "key")).mode & 0o777).toBe(0o600);
      expect(broker.key()).toMatchObject({ source: "file" });
    }));
  it("with another key is key-wrong, never not found", async () => {
    const directory = folder();
    const key = (byte: number) => Buffer.alloc(32, byte).toString("base64url");
    const broker = await start(directory, { KEYWRIGHT_KEY: key(1) });
    await broker.connectors.register(registration("prod"), { verify: false });
    expect(broker.key()).toMatchObject({ source: "environment" });
    await broker.close();
    for (const environment of [{ KEYWRIGHT_KEY: key(2) }, {}, { KEYWRIGHT_KEYRING: "off" }])
      expect(await failure(start(directory, environment as never))).toMatchObject({ code: "key-wrong" });
    for (const bad of ["short", `${key(1)}=`, ` ${key(1)}`, "x".repeat(44)])
      expect(await failure(start(directory, { KEYWRIGHT_KEY: bad }))).toMatchObject({ code: "key-invalid" });
    const again = await start(directory, { KEYWRIGHT_KEY: key(1) });
    expect(again.connectors.list().length).toBe(1);
    await again.close();
  });
  it("whose key file others may read is refused", async () => {
    const directory = folder();
    await (await start(directory)).close();
    chmodSync(join(directory, "key"), 0o644);
    expect(await failure(start(directory))).toMatchObject({
      code: "key-invalid",
      hint: expect.stringContaining("chmod 600"),
    });
  });
  it("that is damaged, newer, or not to be written says so, and stays as it is", async () => {
    const damaged = folder();
    writeFileSync(join(damaged, "keywright.db"), "this is no database, however long it may be".repeat(50));
    expect(await failure(start(damaged))).toMatchObject({ code: "state-corrupt" });
    expect(readFileSync(join(damaged, "keywright.db"), "utf8")).toContain("no database");

    const newer = folder();
    await (await start(newer)).close();
    const database = new DatabaseSync(join(newer, "keywright.db"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    expect(await failure(start(newer))).toMatchObject({
      code: "state-newer",
      hint: expect.stringContaining("npm install"),
    });

    const blocked = join(folder(), "file");
    writeFileSync(blocked, "");
    expect(await failure(start(blocked))).toMatchObject({ code: "state-unavailable" });
    expect(await failure(start(join(blocked, "below")))).toMatchObject({ code: "state-unavailable" });
  });
  it("of a full disk fails in words, and what was there stays", async () => {
    const directory = folder();
    const broker = await start(directory);
    await broker.connectors.register(registration("prod"), { verify: false });
    await broker.close();
    const database = new DatabaseSync(join(directory, "keywright.db"));
    const { page_count: pages } = database.prepare("PRAGMA page_count").get() as { page_count: number };
    database.close();
    expect(pages).toBeGreaterThan(1);
    const full = await start(directory);
    const inner = new DatabaseSync(join(directory, "secrets.db"));
    inner.exec(
      "CREATE TRIGGER full BEFORE INSERT ON secrets BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
    inner.close();
    expect(await failure(full.connectors.register(registration("second"), { verify: false }))).toMatchObject({
      code: "state-unavailable",
    });
    expect(full.connectors.list().map(({ name }) => name)).toEqual(["prod"]);
    await full.close();
  });
});

describe("plugins", () => {
  const project = (name: string, change: (manifest: Record<string, unknown>) => void, type = "other") => {
    const made = folder();
    const at = join(made, "node_modules", name);
    mkdirSync(join(at, "generated"), { recursive: true });
    const manifest = JSON.parse(
      readFileSync(join(import.meta.dirname, "..", "..", "plugins", "aws", "generated", "manifest.json"), "utf8"),
    ) as { connectors: { id: string }[]; package: string };
    const [first] = manifest.connectors;
    if (first) first.id = type;
    manifest.package = name;
    change(manifest as never);
    writeFileSync(join(at, "generated", "manifest.json"), JSON.stringify(manifest));
    writeFileSync(
      join(at, "package.json"),
      JSON.stringify({
        name,
        version: "1.0.0",
        type: "module",
        exports: "./index.js",
        keywright: { manifest: "./generated/manifest.json" },
      }),
    );
    writeFileSync(join(at, "index.js"), "export default { contract: 1, connectors: [] };");
    return { made, at };
  };
  it("of an unknown contract are refused by name and version", async () => {
    const { made } = project("kw-future", (manifest) => (manifest["contract"] = 99));
    writeFileSync(join(made, "package.json"), JSON.stringify({ dependencies: { "kw-future": "1" } }));
    const broker = await createBroker({
      directory: folder(),
      builtIn: pluginFolders.builtIn,
      project: made,
      environment: { KEYWRIGHT_KEYRING: "off" },
    });
    expect(await failure(broker.connectors.register({ ...registration("x"), type: "other" }))).toMatchObject({
      code: "plugin-incompatible",
      message: expect.stringMatching(/kw-future.*99/),
    });
    await broker.close();
  });
  it("that both claim a type are both named", async () => {
    const { made } = project("kw-one", () => {});
    const { at } = project("kw-two", () => {});
    mkdirSync(join(made, "node_modules", "kw-two"), { recursive: true });
    for (const file of ["package.json", "index.js"])
      copyFileSync(join(at, file), join(made, "node_modules", "kw-two", file));
    mkdirSync(join(made, "node_modules", "kw-two", "generated"));
    copyFileSync(
      join(at, "generated", "manifest.json"),
      join(made, "node_modules", "kw-two", "generated", "manifest.json"),
    );
    writeFileSync(join(made, "package.json"), JSON.stringify({ dependencies: { "kw-one": "1", "kw-two": "1" } }));
    const broker = await createBroker({
      directory: folder(),
      builtIn: pluginFolders.builtIn,
      project: made,
      environment: { KEYWRIGHT_KEYRING: "off" },
    });
    expect(await failure(broker.connectors.register({ ...registration("x"), type: "other" }))).toMatchObject({
      code: "plugin-conflict",
      message: expect.stringMatching(/kw-one.*kw-two/),
    });
    await broker.close();
  });
  it("deep in the tree are never seen", async () => {
    const { made } = project("kw-deep", () => {});
    writeFileSync(join(made, "package.json"), JSON.stringify({ dependencies: {} }));
    const broker = await createBroker({
      directory: folder(),
      builtIn: pluginFolders.builtIn,
      project: made,
      environment: { KEYWRIGHT_KEYRING: "off" },
    });
    expect(broker.plugins.connectorTypes()).toEqual([]);
    await broker.close();
  });
});
