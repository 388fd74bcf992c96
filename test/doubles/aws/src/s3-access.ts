import { authorize, denial } from "./authorize.ts";
import type { Credential } from "./identity.ts";
import type { ServiceCall } from "./service.ts";
import type { Bucket } from "./state.ts";
import { Refusal, type WireResponse } from "./wire.ts";
import { xml, type XmlTree } from "./xml.ts";

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

export const answer = (root: string, tree: XmlTree): WireResponse => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: xml({ [`${root} xmlns="${NAMESPACE}"`]: tree }),
});

export const text = (call: ServiceCall, name: string): string | undefined =>
  call.parameters[name] as string | undefined;

/** Refuses unless the caller may do `action` here; the context says which prefix or delimiter was asked for. */
export const demand = (
  call: ServiceCall,
  action: string,
  place: { bucket?: Bucket; name?: string; key?: string },
  context: Record<string, string[]> = {},
): void => {
  const { bucket, key } = place;
  const name = bucket?.name ?? place.name;
  const resource =
    name === undefined ? "*" : `arn:${call.state.partition}:s3:::${name}${key === undefined ? "" : `/${key}`}`;
  const question = {
    action,
    resource,
    context,
    ...(bucket === undefined ? {} : { resourceAccountId: bucket.accountId }),
    ...(bucket?.policy === undefined ? {} : { resourcePolicy: bucket.policy }),
  };
  const credential = call.credential as Credential;
  const decision = authorize(call.state, call.request, credential, question);
  if (!decision.allowed) throw new Refusal("AccessDenied", denial(credential, question, decision.reason), 403);
};

/** The bucket of a request. One of another region is pointed out as S3 does, before any permission is looked at. */
export const bucketOf = (call: ServiceCall): Bucket => {
  const name = text(call, "Bucket") ?? "";
  const bucket = call.state.buckets.get(name);
  if (bucket === undefined) {
    // Whoever may not list learns nothing about buckets that are not there.
    demand(call, "s3:ListBucket", { name });
    throw new Refusal("NoSuchBucket", "The specified bucket does not exist", 404, { BucketName: name });
  }
  if (bucket.region !== call.region && call.action !== "GetBucketLocation") {
    throw new Refusal(
      "PermanentRedirect",
      "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
      301,
      { Endpoint: `${name}.s3.${bucket.region}.amazonaws.com`, Bucket: name },
      { "x-amz-bucket-region": bucket.region },
    );
  }
  return bucket;
};
