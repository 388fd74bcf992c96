/**
 * The narrowing of S3 grants, asked of any service in the same words: each refusal by status and by the server's state, with
 * a positive control beside it. Rows of what ran where are collected for the report.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type { Grant } from "@keywright/broker";
import { revealAll } from "@keywright/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AwsTarget, type Bench, createBench, registerOn } from "./target.ts";

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string; region: string };
export const clientOf = (target: AwsTarget, grant: Grant, region?: string) => {
  const keys = revealAll(grant.credential) as Keys;
  const { s3Endpoint } = target.config as { s3Endpoint?: string };
  return new S3Client({
    region: region ?? keys.region,
    credentials: keys,
    maxAttempts: 3,
    ...(s3Endpoint !== undefined && { endpoint: s3Endpoint, forcePathStyle: true }),
  });
};
/** HTTP status of a call. */
const status = async (work: Promise<{ $metadata: { httpStatusCode?: number } }>): Promise<number> => {
  try {
    return (await work).$metadata.httpStatusCode ?? 0;
  } catch (error) {
    return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
  }
};
const get = (client: S3Client, Bucket: string, Key: string) =>
  status(client.send(new GetObjectCommand({ Bucket, Key })));
const put = (client: S3Client, Bucket: string, Key: string) =>
  status(client.send(new PutObjectCommand({ Bucket, Key, Body: "new" })));
const del = (client: S3Client, Bucket: string, Key: string) =>
  status(client.send(new DeleteObjectCommand({ Bucket, Key })));
const list = (client: S3Client, Bucket: string, Prefix?: string) =>
  status(client.send(new ListObjectsV2Command({ Bucket, ...(Prefix !== undefined && { Prefix }) })));
/** 400 where the service calls an ended or unknown session a bad request (ExpiredToken, InvalidToken), 401 or 403 elsewhere. */
const refusals = [400, 401, 403];

/** Methods that AWS can narrow, and those it cannot. */
const narrows: Readonly<Record<string, boolean>> = {
  "secret-key": true,
  "iam-role": true,
  "federation-token": true,
  "web-identity": true,
  "sts-token": false,
  "session-token": false,
  sso: false,
  implicit: false,
};

export type Row = {
  readonly service: string;
  readonly kind: string;
  readonly method: string;
  readonly cell: string;
  readonly outcome: string;
};
export const rows: Row[] = [];

export const s3Narrowing = (
  name: string,
  start: () => Promise<AwsTarget>,
  methods: readonly string[],
  /** What the service does not enforce is not claimed there. */
  enforces: { readonly expires: boolean; readonly prefixCondition: boolean } = { expires: true, prefixCondition: true },
) => {
  describe(name, () => {
    let target: AwsTarget;
    let bench: Bench;
    beforeAll(async () => {
      target = await start();
      bench = await createBench(target.clock);
    });
    afterAll(async () => {
      await bench?.close();
      await target?.close();
      const mine = rows.filter((row) => row.service === target?.name);
      console.log(
        mine
          .map((row) => `${row.service} (${row.kind})  ${row.method.padEnd(34)} ${row.cell.padEnd(20)} ${row.outcome}`)
          .join("\n"),
      );
    });
    const cell = (method: string, what: string, outcome: string) =>
      rows.push({ service: target.name, kind: target.kind, method, cell: what, outcome });

    for (const method of methods) {
      const [base = method] = method.split("+");
      const canNarrow =
        method.endsWith("+role") || method.endsWith("+static") || (narrows[base] === true && !method.endsWith("+mfa"));
      describe(method, () => {
        const connector = `c-${method.replace("+", "-")}`;
        const issue = (resourceId: string, access: string, more: object = {}) =>
          bench.broker.grants.issue({ connector, resourceType: "s3-bucket", resourceId, access, ...more });
        beforeAll(async () => {
          const setup = target.methods[method];
          if (!setup) throw new Error(`${target.name} does not serve ${method}`);
          await registerOn(bench.broker, { ...target, methods: { [base]: setup } }, base, { name: connector });
        });

        if (!canNarrow) {
          it("refuses without the operator's word, and says what would make it possible", async () => {
            const code = base === "sts-token" ? "main-credential" : "unconfined";
            const refused = await issue(target.buckets[0], "read").catch((error: unknown) => error);
            expect(refused).toMatchObject({ code, hint: expect.stringContaining("--allow-unconfined") });
            cell(method, "no switch", `refused: ${code}`);
          });
          it("says in the grant that nothing narrows it", async () => {
            await bench.broker.connectors.update(connector, {
              allowUnconfined: true,
              ...(base === "sts-token" && { allowMainCredential: true }),
            });
            const grant = await issue(target.buckets[0], "read");
            expect(grant).toMatchObject({ confinement: null, unconfined: true, mainCredential: base === "sts-token" });
            expect(await get(clientOf(target, grant), target.buckets[0], "in/a.txt")).toBe(200);
            // Honest: it does reach the neighbour.
            expect(await get(clientOf(target, grant), target.buckets[1], "in/a.txt")).toBe(200);
            cell(method, "allowed", "works, unconfined, and the grant says so");
          });
          return;
        }

        it("reads in scope, and nothing else", async () => {
          const [bucket, neighbour] = target.buckets;
          const before = await target.keys(bucket);
          const grant = await issue(bucket, "read");
          expect(grant.confinement).toEqual({ to: "resource", by: "session-policy" });
          const client = clientOf(target, grant);
          expect(await get(client, bucket, "in/a.txt")).toBe(200);
          expect(await list(client, bucket)).toBe(200);
          cell(method, "read in scope", "200");
          expect(await put(client, bucket, "in/new.txt")).toBe(403);
          expect(await del(client, bucket, "in/a.txt")).toBe(403);
          expect(await target.keys(bucket)).toEqual(before);
          cell(method, "next verb", "403, state unchanged");
          expect(await get(client, neighbour, "in/a.txt")).toBe(403);
          expect(await list(client, neighbour)).toBe(403);
          cell(method, "next bucket", "403");
        });
        it("writes in scope, and nowhere else", async () => {
          const [bucket, neighbour] = target.buckets;
          const client = clientOf(target, await issue(bucket, "write"));
          const before = await target.keys(neighbour);
          expect(await put(client, bucket, "in/new.txt")).toBe(200);
          expect(await get(client, bucket, "in/a.txt")).toBe(200);
          expect(await target.keys(bucket)).toContain("in/new.txt");
          expect(await del(client, bucket, "in/new.txt")).toBe(204);
          expect(await target.keys(bucket)).not.toContain("in/new.txt");
          expect(await put(client, neighbour, "in/new.txt")).toBe(403);
          expect(await target.keys(neighbour)).toEqual(before);
          cell(method, "write in scope", "200; next bucket 403, state unchanged");
        });
        it("is of no use with another region's signature", async (context) => {
          const { elsewhere } = target;
          if (!elsewhere) return context.skip();
          const [bucket] = target.buckets;
          const grant = await issue(bucket, "read");
          expect(await get(clientOf(target, grant), bucket, "in/a.txt")).toBe(200);
          expect([301, 400, 403]).toContain(await get(clientOf(target, grant, elsewhere), bucket, "in/a.txt"));
          cell(method, "wrong region", "refused");
        });
        it("keeps to a prefix", async () => {
          const [bucket] = target.buckets;
          const client = clientOf(target, await issue(`s3://${bucket}/in`, "write"));
          expect(await get(client, bucket, "in/a.txt")).toBe(200);
          // A service that does not know the s3:prefix condition refuses every list: too narrow, never too wide.
          expect(await list(client, bucket, "in/")).toBe(enforces.prefixCondition ? 200 : 403);
          const before = await target.keys(bucket);
          expect(await get(client, bucket, "out/b.txt")).toBe(403);
          expect(await put(client, bucket, "out/new.txt")).toBe(403);
          expect(await put(client, bucket, "inside.txt")).toBe(403);
          expect(await list(client, bucket, "out/")).toBe(403);
          expect(await list(client, bucket)).toBe(403);
          expect(await target.keys(bucket)).toEqual(before);
          cell(method, "next prefix", "403, state unchanged");
        });
        it.runIf(enforces.expires)("ends on time", async () => {
          const [bucket] = target.buckets;
          const grant = await issue(bucket, "read", { ttlSeconds: target.shortest });
          expect(grant.lifetime).toMatchObject({ decidedBy: "request" });
          const client = clientOf(target, grant);
          expect(await get(client, bucket, "in/a.txt")).toBe(200);
          await target.pass(target.shortest + 2);
          expect(refusals).toContain(await get(clientOf(target, grant), bucket, "in/a.txt"));
          const fresh = await issue(bucket, "read", { ttlSeconds: target.shortest });
          expect(fresh.id).not.toBe(grant.id);
          expect(await get(clientOf(target, fresh), bucket, "in/a.txt")).toBe(200);
          cell(method, "expired", `refused after ${target.shortest} s; the next grant works`);
        });
        it("is refused once what it rests on is gone", async (context) => {
          if (!target.revoke) return context.skip();
          const [bucket] = target.buckets;
          const grant = await issue(bucket, "read");
          expect(await get(clientOf(target, grant), bucket, "in/a.txt")).toBe(200);
          const restore = await target.revoke(method);
          try {
            expect(refusals).toContain(await get(clientOf(target, grant), bucket, "in/a.txt"));
            cell(method, "revoked", "refused at once");
          } finally {
            await restore();
          }
        });
      });
    }
  });
};
