import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createS3Client } from "@keywright/aws/clients/s3";
import { type GrantSource, type Keywright, openKeywright } from "keywright";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type { AwsSession, DockerLogin } from "../../src/sdk.ts";
import { createWorld, settings, type World } from "./world.ts";

let world: World;
let kw: Keywright;
beforeAll(async () => {
  world = await createWorld();
  kw = await openKeywright({ ...settings, directory: world.home, environment: world.environment, clock: world.clock });
});
afterAll(async () => {
  await kw.close();
  await world.close();
});

const read = { connector: "prod", resourceType: "s3-bucket", resourceId: "models", access: "read" } as const;
const object = { Bucket: "models", Key: "a.txt" };

describe("the SDK", () => {
  it("types credentials by resource type", async () => {
    const grants = await kw.grants(read);
    expectTypeOf(grants).toEqualTypeOf<GrantSource<AwsSession>>();
    expectTypeOf(kw.grants<"prod", "docker-registry">).returns.resolves.toEqualTypeOf<GrantSource<DockerLogin>>();
    expectTypeOf(kw.grants<"prod", "their-thing">).returns.resolves.toEqualTypeOf<
      GrantSource<Readonly<Record<string, unknown>>>
    >();
    expect(JSON.stringify(grants.latest)).not.toContain(grants.latest.credential.secretAccessKey.reveal());
    expect(kw.broker.connectors.list().map(({ name }) => name)).toEqual(["prod"]);
  });
  it("tells what is wrong at once", async () => {
    await expect(kw.grants({ ...read, resourceId: "NOT A BUCKET" })).rejects.toMatchObject({
      code: "resource-id-invalid",
    });
  });
  it("asks for nothing new on a mere refusal", async () => {
    const s3 = createS3Client(await kw.grants(read));
    world.aws.calls.length = 0;
    await expect(s3.send(new PutObjectCommand({ ...object, Body: "x" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
    expect(world.aws.calls.map(({ action }) => action)).toEqual(["PutObject"]);
    s3.destroy();
  });

  it("carries an S3 client over expiry that its own clock does not show", async () => {
    const s3 = createS3Client(await kw.grants(read));
    const get = async () => (await s3.send(new GetObjectCommand(object))).Body?.transformToString();
    expect(await get()).toBe("hello");
    world.advance(3700);
    world.aws.calls.length = 0;
    const before = world.mints();
    expect(await Promise.all(Array.from({ length: 20 }, get))).toEqual(Array.from({ length: 20 }, () => "hello"));
    expect(world.mints()).toBe(before + 1);
    expect(world.aws.calls.filter(({ status }) => status === 400 || status === 403).length).toBeGreaterThan(0);
    world.aws.calls.length = 0;
    await get();
    expect(world.aws.calls.map(({ action, status }) => `${action} ${status}`)).toEqual(["GetObject 200"]);
    expect(world.broker.audit.list({ action: "grant.reject" })).toHaveLength(1);
    s3.destroy();
  });
  it("does so for an answer without a body, once a minute", async () => {
    const s3 = createS3Client(await kw.grants(read));
    world.advance(3700);
    expect((await s3.send(new HeadObjectCommand(object))).ContentLength).toBe(5);
    world.aws.calls.length = 0;
    const before = world.mints();
    const forbidden = () =>
      s3.send(new HeadObjectCommand({ ...object, Bucket: "other" })).catch(({ $metadata }) => $metadata.httpStatusCode);
    expect(await Promise.all([forbidden(), forbidden(), forbidden()])).toEqual([403, 403, 403]);
    expect(world.mints()).toBe(before);
    s3.destroy();
  });
});
