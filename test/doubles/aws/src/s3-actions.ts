import { answer, bucketOf, demand, text } from "./s3-access.ts";
import { s3ObjectActions } from "./s3-objects.ts";
import type { ServiceCall } from "./service.ts";
import { paginate, type Bucket } from "./state.ts";
import { encodeStrictly, Refusal, type WireResponse } from "./wire.ts";
import { textsOf } from "./xml.ts";

const listBuckets = (call: ServiceCall): WireResponse => {
  demand(call, "s3:ListAllMyBuckets", {});
  const { state } = call;
  const accountId = call.credential?.owner.accountId ?? "";
  const prefix = text(call, "prefix") ?? "";
  const region = text(call, "bucket-region");
  const token = text(call, "continuation-token");
  const stated = text(call, "max-buckets");
  const size = stated === undefined ? undefined : Number(stated);
  if (size !== undefined && !(size >= 1 && size <= 10_000)) {
    throw new Refusal("InvalidArgument", "MaxBuckets must be between 1 and 10000", 400);
  }
  const mine = [...state.buckets.values()]
    .filter((bucket) => bucket.accountId === accountId && bucket.name.startsWith(prefix))
    .filter((bucket) => region === undefined || bucket.region === region)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  // Without MaxBuckets S3 answers with everything; the double pages there too when a page cap is set.
  const cap = state.pageSizes["ListBuckets"] ?? 10_000;
  const { page, next } = paginateOrRefuse(mine, Math.min(size ?? 10_000, cap), token);
  return answer("ListAllMyBucketsResult", {
    Owner: { ID: accountId.padStart(64, "0") },
    Buckets: {
      Bucket: page.map((bucket) => ({
        Name: bucket.name,
        CreationDate: bucket.createdAt,
        BucketRegion: bucket.region,
        BucketArn: `arn:${state.partition}:s3:::${bucket.name}`,
      })),
    },
    ContinuationToken: next,
    Prefix: prefix === "" ? undefined : prefix,
  });
};

const paginateOrRefuse: typeof paginate = (items, size, token) => {
  try {
    return paginate(items, size, token);
  } catch {
    throw new Refusal("InvalidArgument", "The continuation token provided is incorrect", 400);
  }
};

const headBucket = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  demand(call, "s3:ListBucket", { bucket });
  return {
    status: 200,
    headers: {
      "x-amz-bucket-region": bucket.region,
      "x-amz-access-point-alias": "false",
      "x-amz-bucket-arn": `arn:${call.state.partition}:s3:::${bucket.name}`,
    },
  };
};

const getBucketLocation = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  demand(call, "s3:GetBucketLocation", { bucket });
  // Us-east-1 answers with an empty element, since 2006.
  return answer("LocationConstraint", bucket.region === "us-east-1" ? "" : bucket.region);
};

const getBucketVersioning = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  demand(call, "s3:GetBucketVersioning", { bucket });
  return answer("VersioningConfiguration", {});
};

const createBucket = (call: ServiceCall): WireResponse => {
  const name = text(call, "Bucket") ?? "";
  const { state } = call;
  demand(call, "s3:CreateBucket", { name });
  const existing = state.buckets.get(name);
  if (existing !== undefined) {
    const mine = existing.accountId === call.credential?.owner.accountId;
    throw new Refusal(mine ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists", "The bucket is not available.", 409);
  }
  const region = textsOf(call.body.toString(), "LocationConstraint")[0] ?? call.region;
  const accountId = call.credential?.owner.accountId ?? state.accountId;
  state.buckets.set(name, { name, region, accountId, createdAt: state.clock.now(), objects: new Map() });
  return { status: 200, headers: { location: `/${name}` } };
};

const deleteBucket = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  demand(call, "s3:DeleteBucket", { bucket });
  if (bucket.objects.size > 0) throw new Refusal("BucketNotEmpty", "The bucket you tried to delete is not empty", 409);
  call.state.buckets.delete(bucket.name);
  return { status: 204 };
};

/** Keys and common prefixes of a listing, in order, as S3 mixes them. */
const listing = (bucket: Bucket, prefix: string, delimiter: string): { key?: string; prefix?: string }[] => {
  const entries = new Map<string, { key?: string; prefix?: string }>();
  for (const key of [...bucket.objects.keys()].toSorted()) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const common = key.slice(0, end + delimiter.length);
    if (end < 0) entries.set(key, { key });
    else entries.set(common, { prefix: common });
  }
  return [...entries.values()];
};

const listObjects = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const prefix = text(call, "prefix");
  const delimiter = text(call, "delimiter");
  const stated = Number(text(call, "max-keys") ?? "1000");
  demand(
    call,
    "s3:ListBucket",
    { bucket },
    {
      ...(prefix === undefined ? {} : { "s3:prefix": [prefix] }),
      ...(delimiter === undefined ? {} : { "s3:delimiter": [delimiter] }),
      "s3:max-keys": [String(stated)],
    },
  );
  const size = Math.min(stated, 1000, call.state.pageSizes["ListObjectsV2"] ?? 1000);
  const isV2 = call.action === "ListObjectsV2";
  const encode =
    text(call, "encoding-type") === "url"
      ? (key: string) => encodeStrictly(key).replaceAll("%2F", "/")
      : (key: string) => key;
  const token = text(call, "continuation-token");
  const startAfter = text(call, isV2 ? "start-after" : "marker") ?? "";
  const entries = listing(bucket, prefix ?? "", delimiter ?? "").filter(
    (entry) => (entry.key ?? entry.prefix ?? "") > startAfter,
  );
  const { page, next } = size === 0 ? { page: [], next: undefined } : paginateOrRefuse(entries, size, token);
  const keys = page.flatMap(({ key }) => (key === undefined ? [] : [key]));
  return answer("ListBucketResult", {
    Name: bucket.name,
    Prefix: encode(prefix ?? ""),
    Delimiter: delimiter,
    EncodingType: text(call, "encoding-type"),
    MaxKeys: stated,
    KeyCount: isV2 ? page.length : undefined,
    IsTruncated: next !== undefined,
    ContinuationToken: isV2 ? token : undefined,
    NextContinuationToken: isV2 ? next : undefined,
    NextMarker: !isV2 && next !== undefined ? encode(page.at(-1)?.key ?? page.at(-1)?.prefix ?? "") : undefined,
    Contents: keys.map((key) => {
      const object = bucket.objects.get(key);
      return {
        Key: encode(key),
        LastModified: object?.lastModified,
        ETag: object?.etag,
        Size: object?.body.length,
        StorageClass: "STANDARD",
      };
    }),
    CommonPrefixes: page.flatMap((entry) => (entry.prefix === undefined ? [] : [{ Prefix: encode(entry.prefix) }])),
  });
};

export const s3Actions: Readonly<Record<string, (call: ServiceCall) => WireResponse>> = {
  ListBuckets: listBuckets,
  HeadBucket: headBucket,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  CreateBucket: createBucket,
  DeleteBucket: deleteBucket,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  ...s3ObjectActions,
};
