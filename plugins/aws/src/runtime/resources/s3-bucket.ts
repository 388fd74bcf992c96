import { ListBucketsCommand, type ListBucketsCommandOutput, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Call, Check } from "@keywright/core";
import { send } from "../clients.ts";
import { pages, type Session } from "../session.ts";
import { attempt } from "./checks.ts";
import { issueSession, type Wanted } from "./issue-session.ts";

type Bucket = {
  readonly resource: {
    readonly id: string;
    readonly fields: { readonly bucket: string; readonly prefix: string | undefined };
  };
};
/** S3 answers at most 10,000 to a page; a thousand keep memory and waiting small. */
const pageSize = 1000;

export const s3Bucket = {
  async *list(session: Session, call: Call) {
    const client = session.clients.of("s3", await session.identity(call), call);
    const fetch = (token: string | undefined) =>
      send<ListBucketsCommandOutput>(
        client,
        new ListBucketsCommand({ MaxBuckets: pageSize, ...(token !== undefined && { ContinuationToken: token }) }),
        call,
        "Listing buckets",
      );
    for await (const page of pages(fetch, (one) => one.ContinuationToken)) {
      for (const { Name, BucketRegion } of page.Buckets ?? []) {
        if (Name !== undefined)
          yield { id: `s3://${Name}`, ...(BucketRegion !== undefined && { label: BucketRegion }) };
      }
    }
  },
  async *verify(session: Session, target: (Wanted & Bucket) | null, call: Call): AsyncIterable<Check> {
    const client = session.clients.of("s3", await session.identity(call), call);
    if (!target) {
      yield await attempt(
        { step: "permission", tried: "s3:ListBuckets", needs: [{ actions: ["s3:ListAllMyBuckets"], on: "*" }] },
        call,
        async () => {
          await send(client, new ListBucketsCommand({ MaxBuckets: 1 }), call, "Listing buckets");
          return undefined;
        },
      );
      return;
    }
    const { bucket, prefix } = target.resource.fields;
    const where = prefix === undefined ? bucket : `${bucket}/${prefix}/`;
    const needs = target.permissions.filter((row) => row.actions.includes("s3:ListBucket"));
    yield await attempt(
      {
        step: "permission",
        tried: `s3:ListObjectsV2 ${where}`,
        needs,
      },
      call,
      async () => {
        // Not HeadBucket, which needs the same permission: an answer without a body names no reason.
        await send(
          client,
          new ListObjectsV2Command({
            Bucket: bucket,
            ...(prefix !== undefined && { Prefix: `${prefix}/` }),
            MaxKeys: 1,
          }),
          call,
          `Looking at ${where}`,
        );
        return target.resource.id;
      },
    );
  },
  issue: (session: Session, target: Wanted & Bucket, call: Call) => issueSession(session, target, session.region, call),
};
