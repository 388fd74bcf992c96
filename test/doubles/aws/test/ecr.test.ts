import { createHash } from "node:crypto";
import {
  BatchGetImageCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  paginateDescribeRepositories,
} from "@aws-sdk/client-ecr";
import { GetFederationTokenCommand } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createAwsDouble, type AwsDouble, type PolicyDocument } from "../src/index.ts";
import { allow, ecrOf, keysOf, refused, stsOf, type Keys } from "./harness.ts";

let aws: AwsDouble;
let admin: Keys;
beforeAll(async () => {
  aws = await createAwsDouble();
  admin = aws.createUser({ name: "admin", policies: [allow("*")] });
  for (const name of ["app", "next", "team/third"]) aws.createRepository({ name });
});
afterAll(() => aws.close());

const sha = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const loginOf = async (keys: Keys): Promise<string> => {
  const { authorizationData } = await ecrOf(aws, keys).send(new GetAuthorizationTokenCommand({}));
  expect(authorizationData?.[0]?.proxyEndpoint).toBe(`http://${aws.registry}`);
  return `Basic ${authorizationData?.[0]?.authorizationToken}`;
};
const v2 = (authorization: string, path: string, init: RequestInit = {}) =>
  fetch(`http://${aws.registry}/v2/${path}`, { ...init, headers: { ...init.headers, authorization } });

const push = async (login: string, repository: string): Promise<number> => {
  const started = await v2(login, `${repository}/blobs/uploads/`, { method: "POST" });
  if (started.status !== 202) return started.status;
  const location = started.headers.get("location")?.replace("/v2/", "") ?? "";
  await v2(login, location, { method: "PATCH", body: "lay" });
  await v2(login, `${location}?digest=${encodeURIComponent(sha("layer"))}`, { method: "PUT", body: "er" });
  const manifest = JSON.stringify({ schemaVersion: 2, config: { digest: sha("layer") }, layers: [] });
  const headers = { "content-type": "application/vnd.oci.image.manifest.v1+json" };
  return (await v2(login, `${repository}/manifests/v1`, { method: "PUT", body: manifest, headers })).status;
};

const describeAll = (keys: Keys) => ecrOf(aws, keys).send(new DescribeRepositoriesCommand({}));

it("pages repositories, and refuses what is not there or not allowed", async () => {
  const names: (string | undefined)[] = [];
  const pages = paginateDescribeRepositories({ client: ecrOf(aws, admin), pageSize: 2 }, {});
  for await (const page of pages) names.push(...(page.repositories ?? []).map(({ repositoryName }) => repositoryName));
  expect(names).toEqual(["app", "next", "team/third"]);
  const describe = (repositoryNames: string[], keys = admin, region = aws.region) =>
    ecrOf(aws, keys, { region }).send(new DescribeRepositoriesCommand({ repositoryNames }));
  await refused(describe(["none"]), "RepositoryNotFoundException");
  await refused(describe(["app"], admin, "us-east-1"), "RepositoryNotFoundException");
  await refused(describe(["app"], aws.createUser({ name: "none" })), "AccessDeniedException");
});

it("words its signature errors as JSON services do", async () => {
  await refused(describeAll({ ...admin, secretAccessKey: "x" }), "InvalidSignatureException");
  await refused(describeAll({ ...admin, accessKeyId: "AKIAX" }), "UnrecognizedClientException");
  expect((await describeAll(admin)).repositories).toHaveLength(3);
});

it("confines a login to the repositories and verbs of its session policy, for 12 hours", async () => {
  const pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"];
  const policy: PolicyDocument = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "ecr:GetAuthorizationToken", Resource: "*" },
      { Effect: "Allow", Action: pull, Resource: `arn:aws:ecr:${aws.region}:*:repository/app` },
    ],
  };
  const input = { Name: "kw", DurationSeconds: 900, Policy: JSON.stringify(policy) };
  const narrow = keysOf((await stsOf(aws, admin).send(new GetFederationTokenCommand(input))).Credentials);
  const [wide, reader] = [await loginOf(admin), await loginOf(narrow)];
  expect([await push(wide, "app"), await push(wide, "next")]).toEqual([201, 201]);
  expect((await v2(reader, "app/manifests/v1")).status).toBe(200);
  expect(await (await v2(reader, `app/blobs/${sha("layer")}`)).text()).toBe("layer");
  expect((await v2(reader, "next/manifests/v1")).status).toBe(403);
  expect(await push(reader, "app")).toBe(403);
  expect((await v2("Basic QVdTOng=", "")).status).toBe(401);
  expect((await fetch(`http://${aws.registry}/v2/`)).headers.get("www-authenticate")).toMatch(/^Basic realm=/);
  const images = await ecrOf(aws, admin).send(new ListImagesCommand({ repositoryName: "app" }));
  expect(images.imageIds).toMatchObject([{ imageTag: "v1" }]);
  const batch = new BatchGetImageCommand({ repositoryName: "app", imageIds: [{ imageTag: "v1" }, { imageTag: "v2" }] });
  const { images: found, failures } = await ecrOf(aws, admin).send(batch);
  expect([found?.length, failures?.length]).toEqual([1, 1]);
  aws.advance(12 * 3600 - 5);
  expect((await v2(reader, "app/manifests/v1")).status).toBe(200);
  aws.advance(5);
  expect((await v2(reader, "app/manifests/v1")).status).toBe(401);
  aws.setClockOffset(0);
});
