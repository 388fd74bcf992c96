import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { createAwsClient } from "./credentials.ts";
import type { AwsGrants } from "./grants.ts";

/**
 * An S3 client that renews its credentials by itself, across expiry and after a refusal.
 * `options` are the SDK's own; region and endpoint come from the grant where they are not given.
 */
export const createS3Client = (grants: AwsGrants, options: Partial<S3ClientConfig> = {}): S3Client => {
  const custom = grants.latest.credential.endpoints?.["s3"] !== undefined;
  // Stores with an endpoint of their own seldom have a host name per bucket.
  return createAwsClient(S3Client, "s3", grants, {
    ...(custom ? { forcePathStyle: true } : { followRegionRedirects: true }),
    ...options,
  });
};
