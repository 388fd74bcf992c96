import { createHash } from "node:crypto";
import { answer, bucketOf, demand, text } from "./s3-access.ts";
import type { ServiceCall } from "./service.ts";
import type { Bucket, State, StoredObject } from "./state.ts";
import { decode, Refusal, type WireResponse } from "./wire.ts";
import { textsOf } from "./xml.ts";

interface Upload {
  bucket: string;
  key: string;
  parts: Map<number, Buffer>;
  contentType: string;
}

/** Multipart uploads under way, by upload id. */
const uploadsOf = new WeakMap<State, Map<string, Upload>>();
const uploads = (state: State): Map<string, Upload> => {
  const known = uploadsOf.get(state) ?? new Map<string, Upload>();
  uploadsOf.set(state, known);
  return known;
};

const md5 = (data: Buffer): string => createHash("md5").update(data).digest("hex");

export const storeObject = (
  bucket: Bucket,
  key: string,
  body: Buffer,
  lastModified: Date,
  details: Partial<Pick<StoredObject, "contentType" | "metadata" | "etag">> = {},
): StoredObject => {
  const object: StoredObject = {
    body,
    lastModified,
    contentType: details.contentType ?? "application/octet-stream",
    etag: details.etag ?? `"${md5(body)}"`,
    metadata: details.metadata ?? {},
  };
  bucket.objects.set(key, object);
  return object;
};

const metadataOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith("x-amz-meta-"))
      .map(([name, value]) => [name.slice(11), value]),
  );

/** An object that the caller may read. One that is missing shows only to callers who may list. */
const readable = (call: ServiceCall, bucket: Bucket, key: string): StoredObject => {
  demand(call, "s3:GetObject", { bucket, key });
  const object = bucket.objects.get(key);
  if (object !== undefined) return object;
  demand(call, "s3:ListBucket", { bucket });
  throw new Refusal("NoSuchKey", "The specified key does not exist.", 404, { Key: key });
};

const rangeOf = (header: string | undefined, size: number): { start: number; end: number } | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end || start >= size) {
    throw new Refusal("InvalidRange", "The requested range is not satisfiable", 416, {
      ActualObjectSize: String(size),
    });
  }
  return { start, end };
};

const getObject = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const object = readable(call, bucket, text(call, "Key") ?? "");
  const range = rangeOf(call.request.headers["range"], object.body.length);
  const ifNoneMatch = call.request.headers["if-none-match"];
  if (ifNoneMatch !== undefined && ifNoneMatch === object.etag) return { status: 304, headers: { etag: object.etag } };
  const body = range === undefined ? object.body : object.body.subarray(range.start, range.end + 1);
  const headers: Record<string, string> = {
    "content-type": object.contentType,
    "content-length": String(body.length),
    "last-modified": object.lastModified.toUTCString(),
    etag: object.etag,
    "accept-ranges": "bytes",
  };
  if (range !== undefined) headers["content-range"] = `bytes ${range.start}-${range.end}/${object.body.length}`;
  for (const [name, value] of Object.entries(object.metadata)) headers[`x-amz-meta-${name}`] = value;
  return { status: range === undefined ? 200 : 206, headers, ...(call.action === "HeadObject" ? {} : { body }) };
};

const copyObject = (call: ServiceCall, bucket: Bucket, source: string): WireResponse => {
  const [from = "", ...rest] = decode(source).replace(/^\//, "").replace(/\?.*$/, "").split("/");
  const origin = call.state.buckets.get(from);
  if (origin === undefined) throw new Refusal("NoSuchBucket", "The specified bucket does not exist", 404);
  const { body, contentType, metadata } = readable(call, origin, rest.join("/"));
  const now = call.state.clock.now();
  const copy = storeObject(bucket, text(call, "Key") ?? "", body, now, { contentType, metadata });
  return answer("CopyObjectResult", { ETag: copy.etag, LastModified: now });
};

const putObject = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const key = text(call, "Key") ?? "";
  demand(call, "s3:PutObject", { bucket, key });
  const source = text(call, "CopySource");
  if (source !== undefined) return copyObject(call, bucket, source);
  const contentType = call.request.headers["content-type"];
  const object = storeObject(bucket, key, call.body, call.state.clock.now(), {
    metadata: metadataOf(call.request.headers),
    ...(contentType === undefined ? {} : { contentType }),
  });
  return { status: 200, headers: { etag: object.etag } };
};

const deleteObject = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const key = text(call, "Key") ?? "";
  demand(call, "s3:DeleteObject", { bucket, key });
  bucket.objects.delete(key);
  return { status: 204 };
};

const deleteObjects = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const outcomes = textsOf(call.body.toString(), "Key").map((key) => {
    try {
      demand(call, "s3:DeleteObject", { bucket, key });
    } catch (error) {
      if (error instanceof Refusal) return { Error: { Key: key, Code: error.code, Message: error.message } };
      throw error;
    }
    bucket.objects.delete(key);
    return { Deleted: { Key: key } };
  });
  return answer("DeleteResult", {
    Deleted: outcomes.flatMap((outcome) => ("Deleted" in outcome ? [outcome.Deleted] : [])),
    Error: outcomes.flatMap((outcome) => ("Error" in outcome ? [outcome.Error] : [])),
  });
};

const uploadOf = (call: ServiceCall, bucket: Bucket): Upload => {
  const upload = uploads(call.state).get(text(call, "uploadId") ?? "");
  if (upload === undefined || upload.bucket !== bucket.name || upload.key !== text(call, "Key")) {
    throw new Refusal("NoSuchUpload", "The specified multipart upload does not exist.", 404);
  }
  return upload;
};

const createMultipartUpload = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const key = text(call, "Key") ?? "";
  demand(call, "s3:PutObject", { bucket, key });
  const id = call.state.random.hex(16);
  const contentType = call.request.headers["content-type"] ?? "application/octet-stream";
  uploads(call.state).set(id, { bucket: bucket.name, key, parts: new Map(), contentType });
  return answer("InitiateMultipartUploadResult", { Bucket: bucket.name, Key: key, UploadId: id });
};

const uploadPart = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  demand(call, "s3:PutObject", { bucket, key: text(call, "Key") ?? "" });
  uploadOf(call, bucket).parts.set(Number(text(call, "partNumber")), call.body);
  return { status: 200, headers: { etag: `"${md5(call.body)}"` } };
};

const completeMultipartUpload = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  const key = text(call, "Key") ?? "";
  demand(call, "s3:PutObject", { bucket, key });
  const upload = uploadOf(call, bucket);
  const parts = textsOf(call.body.toString(), "PartNumber").map((number) => upload.parts.get(Number(number)));
  if (parts.length === 0 || parts.includes(undefined)) {
    throw new Refusal("InvalidPart", "One or more of the specified parts could not be found.", 400);
  }
  const bodies = parts.filter((part) => part !== undefined);
  const digests = Buffer.concat(bodies.map((part) => Buffer.from(md5(part), "hex")));
  const etag = `"${md5(digests)}-${bodies.length}"`;
  storeObject(bucket, key, Buffer.concat(bodies), call.state.clock.now(), { contentType: upload.contentType, etag });
  uploads(call.state).delete(text(call, "uploadId") ?? "");
  return answer("CompleteMultipartUploadResult", { Bucket: bucket.name, Key: key, ETag: etag });
};

const abortMultipartUpload = (call: ServiceCall): WireResponse => {
  const bucket = bucketOf(call);
  demand(call, "s3:AbortMultipartUpload", { bucket, key: text(call, "Key") ?? "" });
  uploadOf(call, bucket);
  uploads(call.state).delete(text(call, "uploadId") ?? "");
  return { status: 204 };
};

export const s3ObjectActions: Readonly<Record<string, (call: ServiceCall) => WireResponse>> = {
  GetObject: getObject,
  HeadObject: getObject,
  PutObject: putObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
};
