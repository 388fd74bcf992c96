/** EKS, ECR and the account itself, method by method, on the double. */
import { createHash } from "node:crypto";
import { request } from "node:https";
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Grant } from "@keywright/broker";
import { revealAll } from "@keywright/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { type Bench, createBench } from "../suites/target.ts";

type Plain = Record<string, string> & { endpoints?: Record<string, string> };
const plain = (grant: Grant) => revealAll(grant.credential) as Plain;

let target: Awaited<ReturnType<typeof doubleTarget>>;
let bench: Bench;
const mapped = "kw:admins";
beforeAll(async () => {
  target = await doubleTarget();
  bench = await createBench(target.clock);
  const { aws } = target;
  const arn = (kind: string) => `arn:aws:iam::${aws.accountId}:${kind}`;
  aws.createCluster({ name: "prod", mappedArns: { [arn("role/kw")]: mapped, [arn("user/kw")]: mapped } });
  aws.createCluster({ name: "next", mappedArns: {} });
  aws.createCluster({ name: "far", region: "eu-west-1", mappedArns: { [arn("role/kw")]: mapped } });
  for (const name of ["team/app", "team/other"]) aws.createRepository({ name });
  aws.createRepository({ name: "far/app", region: "eu-west-1" });
  for (const [method, setup] of Object.entries(target.methods)) {
    const [base = method] = method.split("+");
    if (base === "sso" || method.endsWith("+mfa")) continue;
    await bench.broker.connectors.register({
      name: method.replace("+", "-"),
      type: "aws",
      authMethod: base,
      config: { ...target.config, ...setup.config, regions: ["eu-west-1"] },
      ...(setup.secret && { secret: setup.secret }),
      allowedEndpoints: target.endpoints,
    });
  }
});
afterAll(async () => {
  await bench.close();
  await target.close();
});

const askCluster = (grant: Grant, path: string, method = "GET"): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const { server = "", certificateAuthority = "", token = "" } = plain(grant);
    const sent = request(
      new URL(path, server),
      {
        method,
        ca: Buffer.from(certificateAuthority, "base64"),
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      },
      (answer) => {
        let body = "";
        answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
      },
    );
    sent.once("error", reject);
    sent.end(
      method === "POST"
        ? JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" })
        : undefined,
    );
  });

describe("EKS", () => {
  const signed = [
    "iam-role",
    "web-identity",
    "secret-key-role",
    "sts-token-role",
    "session-token-role",
    "secret-key",
    "federation-token",
    "session-token",
    "sts-token",
  ];
  it.each(signed)("%s signs a token for one cluster, without the stored credential", async (connector) => {
    const ask = (resourceId: string) =>
      bench.broker.grants.issue({ connector, resourceType: "kubernetes-cluster", resourceId, access: "admin" });
    const grant = await ask("eks://eu-central-1/prod");
    expect(grant).toMatchObject({
      kind: "kubernetes",
      confinement: { to: "resource", by: "cluster-token" },
      mainCredential: false,
      lifetime: { seconds: 840 },
    });
    const who = await askCluster(grant, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "POST");
    expect([who.status, who.body.includes(mapped)]).toEqual([201, true]);
    const secret = target.methods[connector]?.secret?.["secretAccessKey"];
    if (secret !== undefined) expect(JSON.stringify(plain(grant))).not.toContain(secret);
    // The next cluster maps nobody, and a token is bound to the cluster it names.
    expect((await askCluster(await ask("next"), "/api")).status).toBe(401);
  });
  it("is refused by the cluster after its 15 minutes, and a new one works", async () => {
    const ask = () =>
      bench.broker.grants.issue({
        connector: "iam-role",
        resourceType: "kubernetes-cluster",
        resourceId: "prod",
        access: "admin",
      });
    const grant = await ask();
    await target.pass(901);
    expect((await askCluster(grant, "/api")).status).toBe(401);
    expect((await askCluster(await ask(), "/api")).status).toBe(200);
  });
  it("offers admin alone, so the access must be named", async () => {
    const refused = await bench.broker.grants
      .issue({ connector: "iam-role", resourceType: "kubernetes-cluster", resourceId: "prod" })
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "access-not-offered", message: expect.stringContaining("admin") });
  });
  it("reaches a second region", async () => {
    const grant = await bench.broker.grants.issue({
      connector: "iam-role",
      resourceType: "kubernetes-cluster",
      resourceId: "arn:aws:eks:eu-west-1:123456789012:cluster/far",
      access: "admin",
    });
    expect(grant.resourceId).toBe("eks://eu-west-1/far");
    expect((await askCluster(grant, "/api")).status).toBe(200);
  });
});

describe("ECR", () => {
  const image = { config: '{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}' };
  const digest = `sha256:${createHash("sha256").update(image.config).digest("hex")}`;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", size: image.config.length, digest },
    layers: [],
  });
  const registry = (grant: Grant, path: string, init: RequestInit = {}) => {
    const { registry: host, username, password } = plain(grant);
    return fetch(new URL(path, `http://${host}`), {
      ...init,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
        ...(init.headers as Record<string, string>),
      },
    });
  };
  const push = async (grant: Grant, repository: string): Promise<number> => {
    const start = await registry(grant, `/v2/${repository}/blobs/uploads/`, { method: "POST" });
    if (start.status !== 202) return start.status;
    const at = start.headers.get("location") ?? "";
    const blob = await registry(grant, `${at}${at.includes("?") ? "&" : "?"}digest=${digest}`, {
      method: "PUT",
      body: image.config,
      headers: { "content-type": "application/octet-stream" },
    });
    if (blob.status !== 201) return blob.status;
    return (
      await registry(grant, `/v2/${repository}/manifests/v1`, {
        method: "PUT",
        body: manifest,
        headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
      })
    ).status;
  };
  const pull = async (grant: Grant, repository: string) =>
    (
      await registry(grant, `/v2/${repository}/manifests/v1`, {
        headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
      })
    ).status;
  const narrow = [
    "iam-role",
    "web-identity",
    "secret-key",
    "federation-token",
    "secret-key-role",
    "sts-token-role",
    "session-token-role",
  ];

  it.each(narrow)("%s: push and pull in one repository, and nothing next to it", async (connector) => {
    const ask = (access: string, repository = "team/app") =>
      bench.broker.grants.issue({ connector, resourceType: "docker-registry", resourceId: repository, access });
    const write = await ask("write");
    expect(write).toMatchObject({
      kind: "docker-login",
      resourceId: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app",
      confinement: { to: "resource", by: "session-policy" },
    });
    expect(await push(write, "team/app")).toBe(201);
    const read = await ask("read");
    expect(await pull(read, "team/app")).toBe(200);
    const { aws } = target;
    const before = JSON.stringify([...aws.repository("team/other").manifests.keys()]);
    expect(await push(read, "team/app")).toBe(403);
    expect(await push(write, "team/other")).toBe(403);
    expect(await pull(read, "team/other")).toBe(403);
    expect(JSON.stringify([...aws.repository("team/other").manifests.keys()])).toBe(before);
  });
  it.each(["sts-token", "session-token"])(
    "%s cannot narrow: it needs the operator's word, and never hands out the key",
    async (connector) => {
      const ask = () =>
        bench.broker.grants.issue({ connector, resourceType: "docker-registry", resourceId: "team/app" });
      expect(await ask().catch((error: unknown) => error)).toMatchObject({ code: "unconfined" });
      await bench.broker.connectors.update(connector, { allowUnconfined: true });
      const grant = await ask();
      expect(grant).toMatchObject({ unconfined: true, mainCredential: false });
      expect(JSON.stringify(plain(grant))).not.toContain(target.methods[connector]?.secret?.["secretAccessKey"]);
      await bench.broker.connectors.update(connector, { allowUnconfined: false });
    },
  );
  it("says that a login outlives what was asked, and stops serving it at the shorter time", async () => {
    const ask = () =>
      bench.broker.grants.issue({
        connector: "iam-role",
        resourceType: "docker-registry",
        resourceId: "team/app",
        ttlSeconds: 900,
      });
    const grant = await ask();
    expect(grant.lifetime.seconds).toBeLessThanOrEqual(900);
    expect((grant.outlives?.getTime() ?? 0) - grant.issuedAt.getTime()).toBeGreaterThan(11 * 3600_000);
    await target.pass(1000);
    expect(await pull(grant, "team/app")).toBe(200);
    expect((await ask()).id).not.toBe(grant.id);
  });
  it("reaches a second region by its host", async () => {
    const grant = await bench.broker.grants.issue({
      connector: "iam-role",
      resourceType: "docker-registry",
      resourceId: "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/far/app",
      access: "write",
    });
    expect(grant.resourceId).toBe("123456789012.dkr.ecr.eu-west-1.amazonaws.com/far/app");
  });
});

describe("listing", () => {
  it("goes through every page of every configured region", async () => {
    for (let index = 0; index < 230; index++) {
      target.aws.createCluster({ name: `c-${index}`, region: index % 2 === 0 ? "eu-central-1" : "eu-west-1" });
      target.aws.createRepository({ name: `r-${index}`, region: index % 2 === 0 ? "eu-central-1" : "eu-west-1" });
    }
    const ids = new Set<string | null>();
    const errors: unknown[] = [];
    for await (const row of bench.broker.resources.list({ connector: "iam-role" })) {
      if ("error" in row) errors.push(row);
      else ids.add(row.resourceId);
    }
    expect(errors).toEqual([]);
    for (const id of [
      "eks://eu-central-1/prod",
      "eks://eu-west-1/far",
      "eks://eu-central-1/c-228",
      "eks://eu-west-1/c-229",
    ])
      expect(ids).toContain(id);
    for (const id of [
      "eu-central-1.amazonaws.com/r-228",
      "eu-west-1.amazonaws.com/r-229",
      "eu-west-1.amazonaws.com/far/app",
    ])
      expect(ids).toContain(`123456789012.dkr.ecr.${id}`);
    // The account, 2 buckets, 3 and 230 clusters, 3 and 230 repositories.
    expect(ids.size).toBe(1 + 2 + 233 + 233);
  });
});

describe("the account", () => {
  const s3 = (grant: Grant) => {
    const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = plain(grant);
    return new S3Client({
      region: "eu-central-1",
      endpoint: target.aws.url,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    });
  };
  const put = (grant: Grant) =>
    s3(grant)
      .send(new PutObjectCommand({ Bucket: "models", Key: "in/generic.txt", Body: "x" }))
      .then(
        () => 200,
        (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode,
      );
  it.each(["iam-role", "secret-key", "federation-token", "web-identity"])(
    "%s: read reads, admin does what the identity may",
    async (connector) => {
      const ask = (access: string) => bench.broker.grants.issue({ connector, resourceType: "aws-generic", access });
      const read = await ask("read");
      expect((await s3(read).send(new ListBucketsCommand({}))).Buckets?.length).toBe(2);
      expect(await put(read)).toBe(403);
      expect(await target.keys("models")).not.toContain("in/generic.txt");
      expect(await put(await ask("admin"))).toBe(200);
      target.aws.bucket("models").objects.delete("in/generic.txt");
    },
  );
  it("names the mint in the provider's log", async () => {
    const grant = await bench.broker.grants.issue({
      connector: "iam-role",
      resourceType: "aws-generic",
      access: "read",
      ttlSeconds: 1000,
    });
    const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = plain(grant);
    const { Arn } = await new STSClient({
      region: "eu-central-1",
      endpoint: target.aws.url,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    }).send(new GetCallerIdentityCommand({}));
    expect(Arn?.endsWith(`/kw-${grant.id}`)).toBe(true);
    expect(bench.broker.audit.list({ grant: grant.id }).map(({ action }) => action)).toEqual([
      "grant.issue",
      "grant.mint",
    ]);
  });
});

/** What remains of the table: each method × resource × {expired, wrong region, revoked}, printed as it ran. */
describe("the rest of the table", () => {
  const methods = [
    "iam-role",
    "web-identity",
    "secret-key",
    "federation-token",
    "secret-key-role",
    "sts-token-role",
    "session-token-role",
  ];
  const rows: string[] = [];
  afterAll(() => console.log(rows.join("\n")));
  const request = (connector: string, resourceType: string) => ({
    connector,
    resourceType,
    ...(resourceType === "aws-generic"
      ? { access: "read" }
      : resourceType === "docker-registry"
        ? { resourceId: "team/app", access: "read" }
        : { resourceId: "prod", access: "admin" }),
    ...(resourceType !== "kubernetes-cluster" && { ttlSeconds: 900 }),
  });
  /** 200 when the grant does what it is for, else how it was refused. */
  const use = async (grant: Grant, resourceType: string, region = "eu-central-1"): Promise<number> => {
    if (resourceType === "kubernetes-cluster") return (await askCluster(grant, "/api")).status;
    if (resourceType === "docker-registry") {
      const { registry = "", username, password } = plain(grant);
      const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
      return (await fetch(`http://${registry}/v2/team/app/tags/list`, { headers })).status;
    }
    const { accessKeyId = "", secretAccessKey = "", sessionToken = "" } = plain(grant);
    const client = new S3Client({
      region,
      endpoint: target.aws.url,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    });
    return client.send(new GetObjectCommand({ Bucket: "models", Key: "in/a.txt" })).then(
      () => 200,
      (error: { $metadata: { httpStatusCode?: number } }) => error.$metadata.httpStatusCode ?? 0,
    );
  };
  const resources = ["aws-generic", "docker-registry", "kubernetes-cluster"];
  for (const method of methods) {
    for (const resourceType of resources) {
      it(`${method} × ${resourceType}`, async () => {
        const ask = () => bench.broker.grants.issue(request(method, resourceType));
        const grant = await ask();
        expect(await use(grant, resourceType)).toBe(200);
        if (resourceType === "aws-generic") {
          expect([301, 400, 403]).toContain(await use(grant, resourceType, "eu-west-1"));
          rows.push(`AWS double  ${method.padEnd(20)} ${resourceType.padEnd(20)} wrong region  refused`);
        }
        await target.pass(905);
        const fresh = await ask();
        expect(fresh.id).not.toBe(grant.id);
        expect(await use(fresh, resourceType)).toBe(200);
        if (resourceType === "docker-registry") {
          // AWS lets a login live for 12 hours; the grant says so, and it is not served any more.
          expect(grant.outlives).not.toBeNull();
          rows.push(
            `AWS double  ${method.padEnd(20)} ${resourceType.padEnd(20)} expired       no longer served; the login outlives it, and the grant says so`,
          );
        } else {
          expect([400, 401, 403]).toContain(await use(grant, resourceType));
          rows.push(
            `AWS double  ${method.padEnd(20)} ${resourceType.padEnd(20)} expired       refused; the next grant works`,
          );
        }
        const restore = await target.revoke?.(method.replace(/-role$/, method === "iam-role" ? "-role" : "+role"));
        try {
          const after = await use(fresh, resourceType);
          if (resourceType === "kubernetes-cluster" && (method === "secret-key" || method === "federation-token")) {
            // The user lost its permissions, not its name: what the cluster maps is who it is.
            expect(after).toBe(200);
            rows.push(
              `AWS double  ${method.padEnd(20)} ${resourceType.padEnd(20)} revoked       until the token ends (14 min): the user still is who it is`,
            );
          } else if (resourceType === "docker-registry" && !["secret-key", "federation-token"].includes(method)) {
            // Whether a login ends with its role AWS does not say; the double takes the worst case.
            expect(after).toBe(200);
            rows.push(
              `AWS double  ${method.padEnd(20)} ${resourceType.padEnd(20)} revoked       worst case: the login lives its 12 h; it is not served any more`,
            );
            await bench.broker.grants.revoke(fresh.id);
            expect(bench.broker.grants.get(fresh.id).status).toBe("revoked");
          } else {
            expect([400, 401, 403]).toContain(after);
            rows.push(`AWS double  ${method.padEnd(20)} ${resourceType.padEnd(20)} revoked       refused at once`);
          }
        } finally {
          await restore?.();
        }
      });
    }
  }
});
