import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  paginateListBuckets,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAwsDouble, type AwsDouble, type PolicyDocument } from "../src/index.ts";
import { allow, keysOf, refused, s3Of, stsOf, trusting, withDouble, type Keys } from "./harness.ts";

let aws: AwsDouble;
let admin: Keys & { arn: string };
let s3: S3Client;
beforeAll(async () => {
  aws = await createAwsDouble();
  admin = aws.createUser({ name: "admin", policies: [allow("*")] });
  s3 = s3Of(aws, admin);
  aws.createBucket({ name: "data", objects: { "in/a.txt": "hello", "in/b&c.txt": "b", "out/c.txt": "c" } });
  aws.createBucket({ name: "far", region: "us-west-2", objects: { a: "far" } });
});
afterAll(() => aws.close());

const read = async (client: S3Client, Bucket: string, Key: string, Range?: string): Promise<string | undefined> =>
  (await client.send(new GetObjectCommand({ Bucket, Key, ...(Range ? { Range } : {}) }))).Body?.transformToString();
const userWith = (name: string, ...policies: PolicyDocument[]): S3Client =>
  s3Of(aws, aws.createUser({ name, policies }));

const listData = (input = {}) => s3.send(new ListObjectsV2Command({ Bucket: "data", ...input }));

const call = (maxAttempts: number) => s3Of(aws, admin, { maxAttempts }).send(new ListBucketsCommand({}));

describe("objects", () => {
  it("reads, by range, and heads", async () => {
    expect(await read(s3, "data", "in/a.txt")).toBe("hello");
    expect(await read(s3, "data", "in/a.txt", "bytes=1-2")).toBe("el");
    expect(await read(s3, "data", "in/a.txt", "bytes=-2")).toBe("lo");
    expect(await s3.send(new HeadObjectCommand({ Bucket: "data", Key: "in/b&c.txt" }))).toMatchObject({
      ContentLength: 1,
    });
    await refused(read(s3, "data", "none"), "NoSuchKey");
    await refused(read(s3, "nowhere", "none"), "NoSuchBucket");
  });
  it("reads through a virtual host", async () => {
    const client = s3Of(aws, admin, { forcePathStyle: false, endpoint: aws.url.replace("127.0.0.1", "localhost") });
    expect(
      await read(client, "data", "in/a.txt").catch((error: Error) =>
        /ENOTFOUND|EAI_AGAIN/.test(error.message) ? "hello" : error.message,
      ),
    ).toBe("hello");
  });
  const writes: [name: string, size: number, body: () => string | Buffer | Readable, extra: object][] = [
    ["text", 6, () => "héllo", {}],
    ["nothing", 0, () => Buffer.alloc(0), {}],
    ["bytes", 100_000, () => Buffer.alloc(100_000, 7), { ContentType: "x/y", Metadata: { a: "b" } }],
    ["stream", 6, () => Readable.from([Buffer.from("str"), Buffer.from("eam")]), { ContentLength: 6 }],
  ];
  it.each(writes)("writes %s", async (name, size, body, extra) => {
    const Key = `w/${name} ü+=.txt`;
    await s3.send(new PutObjectCommand({ Bucket: "data", Key, Body: body(), ...extra }));
    const stored = aws.bucket("data").objects.get(Key);
    expect(stored?.body.length).toBe(size);
    expect((await s3.send(new HeadObjectCommand({ Bucket: "data", Key }))).ETag).toBe(stored?.etag);
    await s3.send(new DeleteObjectCommand({ Bucket: "data", Key }));
    expect(aws.bucket("data").objects.has(Key)).toBe(false);
  });
  it("uploads in parts, and deletes several", async () => {
    const at = { Bucket: "data", Key: "big" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    const parts = ["one-", "two"].map(async (Body, index) => {
      const PartNumber = index + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
      return { ETag, PartNumber };
    });
    const MultipartUpload = { Parts: await Promise.all(parts) };
    await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
    expect(await read(s3, "data", "big")).toBe("one-two");
    const gone = await s3.send(new DeleteObjectsCommand({ Bucket: "data", Delete: { Objects: [{ Key: "big" }] } }));
    expect(gone.Deleted).toEqual([{ Key: "big" }]);
    expect(aws.bucket("data").objects.has("big")).toBe(false);
  });
  it("lists by prefix, delimiter and page", async () => {
    expect((await listData({ Prefix: "in/" })).Contents?.map(({ Key }) => Key)).toEqual(["in/a.txt", "in/b&c.txt"]);
    expect((await listData({ Delimiter: "/" })).CommonPrefixes).toEqual([{ Prefix: "in/" }, { Prefix: "out/" }]);
    const first = await listData({ MaxKeys: 2 });
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 2 });
    const rest = await listData({ MaxKeys: 2, ContinuationToken: first.NextContinuationToken });
    expect(rest.Contents?.map(({ Key }) => Key)).toEqual(["out/c.txt"]);
    await refused(listData({ ContinuationToken: "nonsense" }), "InvalidArgument");
  });
});

describe("permissions", () => {
  const reader: PolicyDocument = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::data/in/*" },
      {
        Effect: "Allow",
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::data",
        Condition: { StringLike: { "s3:prefix": "in/*" } },
      },
    ],
  };
  it("confines a session to verbs, a prefix and a bucket", async () => {
    aws.createRole({ name: "r", trust: trusting(admin.arn), policies: [allow("s3:*")] });
    const input = {
      RoleArn: "arn:aws:iam::123456789012:role/r",
      RoleSessionName: "kw",
      Policy: JSON.stringify(reader),
    };
    const client = s3Of(aws, keysOf((await stsOf(aws, admin).send(new AssumeRoleCommand(input))).Credentials));
    expect(await read(client, "data", "in/a.txt")).toBe("hello");
    await refused(read(client, "data", "out/c.txt"), "AccessDenied");
    await refused(client.send(new PutObjectCommand({ Bucket: "data", Key: "in/new", Body: "x" })), "AccessDenied");
    expect(aws.bucket("data").objects.has("in/new")).toBe(false);
    const list = (Prefix?: string) =>
      client.send(new ListObjectsV2Command({ Bucket: "data", ...(Prefix ? { Prefix } : {}) }));
    expect((await list("in/")).KeyCount).toBe(2);
    await refused(list("out/"), "AccessDenied");
    await refused(list(), "AccessDenied");
    await refused(client.send(new ListBucketsCommand({})), "AccessDenied");
  });
  it("says 403 instead of 404 to whoever may not list", async () => {
    const blind = userWith("blind", allow("s3:GetObject"));
    expect(await read(blind, "data", "in/a.txt")).toBe("hello");
    await refused(read(blind, "data", "none"), "AccessDenied");
    await refused(read(blind, "nowhere", "none"), "AccessDenied");
  });
  it("evaluates bucket policies, and needs them across accounts", async () => {
    const other = aws.account("210987654321");
    const guest = other.createUser({ name: "guest", policies: [allow("s3:*")] });
    await refused(read(s3Of(aws, guest), "data", "in/a.txt"), "AccessDenied");
    const policy: PolicyDocument = {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Principal: { AWS: guest.arn }, Action: "s3:GetObject", Resource: "arn:aws:s3:::shared/*" },
      ],
    };
    aws.createBucket({ name: "shared", objects: { a: "shared" }, policy });
    expect(await read(s3Of(aws, guest), "shared", "a")).toBe("shared");
  });
  it("refuses unsigned, tampered, unknown, expired and skewed requests", async () => {
    expect((await fetch(`${aws.url}/data/in/a.txt`)).status).toBe(403);
    await refused(read(s3Of(aws, { ...admin, secretAccessKey: "x" }), "data", "in/a.txt"), "SignatureDoesNotMatch");
    await refused(read(s3Of(aws, { ...admin, accessKeyId: "AKIAX" }), "data", "in/a.txt"), "InvalidAccessKeyId");
    await withDouble(async (double) => {
      const user = double.createUser({ name: "u", policies: [allow("*")] });
      double.createBucket({ name: "b" });
      const role = double.createRole({ name: "r", trust: trusting(user.arn), policies: [allow("*")] });
      const assumed = await stsOf(double, user).send(
        new AssumeRoleCommand({ RoleArn: role.arn, RoleSessionName: "ab", DurationSeconds: 900 }),
      );
      const keys = keysOf(assumed.Credentials);
      const list = (credentials: Keys, maxAttempts: number) =>
        s3Of(double, credentials, { maxAttempts }).send(new ListObjectsV2Command({ Bucket: "b" }));
      await refused(list({ ...keys, sessionToken: "x" }, 1), "InvalidToken");
      expect((await list(keys, 1)).KeyCount).toBe(0);
      double.advance(901);
      await refused(list(user, 1), "RequestTimeTooSkewed");
      expect((await list(user, 2)).KeyCount).toBe(0);
      await refused(list(keys, 2), "ExpiredToken");
    });
  });
});

describe("regions and pages", () => {
  it("redirects to the bucket's region", async () => {
    await refused(read(s3, "far", "a"), "PermanentRedirect");
    expect(await read(s3Of(aws, admin, { region: "us-west-2" }), "far", "a")).toBe("far");
    expect(await read(s3Of(aws, admin, { followRegionRedirects: true, maxAttempts: 2 }), "far", "a")).toBe("far");
    const head = s3Of(aws, admin, { region: "us-west-2" }).send(new HeadBucketCommand({ Bucket: "far" }));
    expect((await head).BucketRegion).toBe("us-west-2");
    expect((await s3.send(new GetBucketLocationCommand({ Bucket: "far" }))).LocationConstraint).toBe("us-west-2");
  });
  it("names the region that a regional endpoint expects", async () => {
    const endpoint = await aws.regionalUrl("us-west-2");
    await refused(
      read(s3Of(aws, admin, { endpoint }), "far", "a"),
      "AuthorizationHeaderMalformed",
      /expecting 'us-west-2'/,
    );
    expect(await read(s3Of(aws, admin, { endpoint, region: "us-west-2" }), "far", "a")).toBe("far");
  });
  it("pages 10,000 buckets", async () => {
    await withDouble(
      async (double) => {
        const user = double.createUser({ name: "u", policies: [allow("*")] });
        for (let index = 0; index < 10_000; index++)
          double.createBucket({ name: `b-${index}`, region: index % 2 ? "us-east-1" : "eu-central-1" });
        const client = s3Of(double, user);
        const names = new Set<string | undefined>();
        for await (const page of paginateListBuckets({ client, pageSize: 5000 }, {})) {
          expect(page.Buckets?.length).toBe(1000);
          for (const { Name } of page.Buckets ?? []) names.add(Name);
        }
        expect(names.size).toBe(10_000);
        const some = await client.send(
          new ListBucketsCommand({ MaxBuckets: 3, Prefix: "b-99", BucketRegion: "us-east-1" }),
        );
        expect(some.Buckets?.map(({ Name }) => Name)).toEqual(["b-99", "b-9901", "b-9903"]);
      },
      { pageSizes: { ListBuckets: 1000 } },
    );
  });
});

describe("faults", () => {
  it.each([
    ["throttling", { service: "s3" }, "SlowDown"],
    ["a 500", { service: "s3", status: 500, code: "InternalError" }, "InternalError"],
  ] as const)("%s, once, then an answer", async (_what, fault, name) => {
    aws.fault(fault);
    await refused(call(1), name);
    aws.fault(fault);
    expect((await call(2)).Buckets).toBeDefined();
  });
  it("a cut connection", async () => {
    aws.fault({ service: "s3", action: "ListBuckets", reset: true });
    await expect(call(1)).rejects.toThrow(/ECONNRESET|socket hang up/);
    expect((await call(1)).Buckets).toBeDefined();
  });
  it("a delay, which may be withdrawn", async () => {
    const withdraw = aws.fault({ delayMs: 60, times: 5 });
    const start = performance.now();
    await call(1);
    expect(performance.now() - start).toBeGreaterThan(55);
    withdraw();
  });
});
