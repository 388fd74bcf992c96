import { createHash, createHmac } from "node:crypto";
import { get, request } from "node:https";
import { DescribeClusterCommand, ListClustersCommand, paginateListClusters } from "@aws-sdk/client-eks";
import { GetFederationTokenCommand } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAwsDouble, type AwsDouble } from "../src/index.ts";
import { expectedSignature, readSignature } from "../src/sigv4.ts";
import { toWireRequest } from "../src/wire.ts";
import { allow, eksOf, keysOf, refused, stsOf, type Keys } from "./harness.ts";

let aws: AwsDouble;
let admin: Keys & { arn: string };
beforeAll(async () => {
  aws = await createAwsDouble({ pageSizes: { ListClusters: 2 } });
  admin = aws.createUser({ name: "admin", policies: [allow("*")] });
  for (const name of ["a", "b", "prod"]) aws.createCluster({ name, mappedArns: { [admin.arn]: "kube-admin" } });
});
afterAll(() => aws.close());

interface Overrides {
  header?: string;
  date?: Date;
  expires?: string;
  extra?: string;
  scheme?: string;
}

const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest();

/** A presigned GetCallerIdentity made by hand, so that every rule of the verifier can be broken. */
const tokenFor = (keys: Keys, cluster: string, region: string, overrides: Overrides = {}): string => {
  const { header = "x-k8s-aws-id", date = aws.now(), expires = "60", extra = "", scheme = "https" } = overrides;
  const timestamp = `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const scope = `${timestamp.slice(0, 8)}/${region}/sts/aws4_request`;
  const host = `sts.${region}.amazonaws.com`;
  const query = Object.entries({
    Action: "GetCallerIdentity",
    Version: "2011-06-15",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${keys.accessKeyId}/${scope}`,
    "X-Amz-Date": timestamp,
    "X-Amz-Expires": expires,
    ...(keys.sessionToken === undefined ? {} : { "X-Amz-Security-Token": keys.sessionToken }),
    "X-Amz-SignedHeaders": `host;${header}`,
  })
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const empty = createHash("sha256").digest("hex");
  const canonical = ["GET", "/", query, `host:${host}\n${header}:${cluster}\n`, `host;${header}`, empty].join("\n");
  const text = ["AWS4-HMAC-SHA256", timestamp, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${keys.secretAccessKey}`);
  const url = `${scheme}://${host}/?${query}&X-Amz-Signature=${hmac(key, text).toString("hex")}${extra}`;
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
};

const ask = (token: string, path = "/api/v1/namespaces", method = "GET"): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const options = { ca: aws.certificateAuthority, method, headers: { authorization: `Bearer ${token}` } };
    request(`${aws.eksEndpoint}${path}`, options, (response) => {
      let body = "";
      response.on("data", (chunk) => (body += String(chunk)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on("error", reject)
      .end();
  });

describe("EKS", () => {
  it("pages and describes clusters, per region", async () => {
    const names: string[] = [];
    for await (const page of paginateListClusters({ client: eksOf(aws, admin) }, {}))
      names.push(...(page.clusters ?? []));
    expect(names).toEqual(["a", "b", "prod"]);
    const { cluster } = await eksOf(aws, admin).send(new DescribeClusterCommand({ name: "prod" }));
    expect(cluster).toMatchObject({ endpoint: aws.eksEndpoint, status: "ACTIVE" });
    expect(Buffer.from(cluster?.certificateAuthority?.data ?? "", "base64").toString()).toBe(aws.certificateAuthority);
    await refused(eksOf(aws, admin).send(new DescribeClusterCommand({ name: "none" })), "ResourceNotFoundException");
    await refused(
      eksOf(aws, admin, { region: "us-east-1" }).send(new DescribeClusterCommand({ name: "prod" })),
      "ResourceNotFoundException",
    );
    await refused(
      eksOf(aws, aws.createUser({ name: "none" })).send(new ListClustersCommand({})),
      "AccessDeniedException",
    );
    await refused(
      eksOf(aws, { ...admin, secretAccessKey: "x" }).send(new ListClustersCommand({})),
      "InvalidSignatureException",
    );
  });
});

describe("the API server", () => {
  it("knows the caller behind a token", async () => {
    const token = tokenFor(admin, "prod", aws.region);
    expect((await ask(token)).body).toContain("kube-system");
    const review = await ask(token, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "POST");
    expect(JSON.parse(review.body)).toMatchObject({ status: { userInfo: { username: "kube-admin" } } });
  });
  const broken: [string, Overrides][] = [
    ["another header signed", { header: "x-other" }],
    ["plain http", { scheme: "http" }],
    ["an extra parameter", { extra: "&Other=1" }],
    ["a parameter twice", { extra: "&Action=GetCallerIdentity" }],
    ["expires too far", { expires: "901" }],
    ["a date 15 minutes ago", { date: new Date(Date.now() - 15 * 60_000) }],
    ["a date in the future", { date: new Date(Date.now() + 6 * 60_000) }],
  ];
  it.each(broken)("refuses a token with %s", async (_what, overrides) => {
    expect((await ask(tokenFor(admin, "prod", aws.region))).status).toBe(200);
    expect((await ask(tokenFor(admin, "prod", aws.region, overrides))).status).toBe(401);
  });
  it("takes a token for 15 minutes, whatever X-Amz-Expires says", async () => {
    const date = new Date(Date.now() - 14 * 60_000);
    expect((await ask(tokenFor(admin, "prod", aws.region, { date, expires: "0" }))).status).toBe(200);
  });
  it("refuses other clusters, other secrets, unmapped callers and no token", async () => {
    expect((await ask(tokenFor(admin, "elsewhere", aws.region))).status).toBe(401);
    expect((await ask(tokenFor({ ...admin, secretAccessKey: "x" }, "prod", aws.region))).status).toBe(401);
    expect((await ask(tokenFor(aws.createUser({ name: "stranger" }), "prod", aws.region))).status).toBe(401);
    const input = { Name: "kw", PolicyArns: [{ arn: "arn:aws:iam::aws:policy/AdministratorAccess" }] };
    const federated = keysOf((await stsOf(aws, admin).send(new GetFederationTokenCommand(input))).Credentials);
    expect((await ask(tokenFor(federated, "prod", aws.region))).status).toBe(401);
    expect((await ask("")).status).toBe(401);
    const anonymous = new Promise((resolve) =>
      get(`${aws.eksEndpoint}/version`, { ca: aws.certificateAuthority }, (response) => resolve(response.statusCode)),
    );
    expect(await anonymous).toBe(401);
  });
});

it("computes the golden signature", () => {
  const query =
    "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260101%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-Security-Token=SESSIONTOKEN%2F%2B%3D&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=0";
  const message = {
    method: "GET",
    url: `/?${query}`,
    headers: { host: "sts.us-east-1.amazonaws.com", "x-k8s-aws-id": "prod" },
    socket: {},
  };
  const wire = toWireRequest(message as unknown as Parameters<typeof toWireRequest>[0], Buffer.alloc(0));
  const signature = readSignature(wire);
  if (typeof signature !== "object") throw new Error("no signature");
  expect(expectedSignature(wire, signature, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")).toBe(
    "e061a5565cb49e6c8d91590bc738bdfbcadf9c15ca01d52baab45edb5c5bef4d",
  );
});
