import { ECRClient } from "@aws-sdk/client-ecr";
import { EKSClient } from "@aws-sdk/client-eks";
import { S3Client } from "@aws-sdk/client-s3";
import { SSOClient } from "@aws-sdk/client-sso";
import { SSOOIDCClient } from "@aws-sdk/client-sso-oidc";
import { STSClient } from "@aws-sdk/client-sts";
import { expect } from "vitest";
import { createAwsDouble, type AwsDouble, type AwsDoubleOptions, type PolicyDocument } from "../src/index.ts";

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** The credentials of an STS answer, as clients take them. */
export const keysOf = (
  credentials: {
    AccessKeyId?: string | undefined;
    SecretAccessKey?: string | undefined;
    SessionToken?: string | undefined;
  } = {},
): Keys => ({
  accessKeyId: credentials.AccessKeyId ?? "",
  secretAccessKey: credentials.SecretAccessKey ?? "",
  ...(credentials.SessionToken === undefined ? {} : { sessionToken: credentials.SessionToken }),
});

export const withDouble = async (
  run: (aws: AwsDouble) => Promise<void>,
  options: AwsDoubleOptions = {},
): Promise<void> => {
  const aws = await createAwsDouble(options);
  try {
    await run(aws);
  } finally {
    await aws.close();
  }
};

const settings = (aws: AwsDouble, credentials: Keys, overrides: { region?: string; endpoint?: string }) => ({
  endpoint: aws.url,
  region: aws.region,
  credentials,
  maxAttempts: 1,
  ...overrides,
});

type Overrides = { region?: string; endpoint?: string; maxAttempts?: number };
export const stsOf = (aws: AwsDouble, keys: Keys, overrides: Overrides = {}) =>
  new STSClient(settings(aws, keys, overrides));
export const s3Of = (
  aws: AwsDouble,
  keys: Keys,
  overrides: Overrides & { followRegionRedirects?: boolean; forcePathStyle?: boolean } = {},
) => new S3Client({ forcePathStyle: true, ...settings(aws, keys, overrides) });
export const ecrOf = (aws: AwsDouble, keys: Keys, overrides: Overrides = {}) =>
  new ECRClient(settings(aws, keys, overrides));
export const eksOf = (aws: AwsDouble, keys: Keys, overrides: Overrides = {}) =>
  new EKSClient(settings(aws, keys, overrides));
export const ssoOf = (aws: AwsDouble) => new SSOClient({ endpoint: aws.url, region: aws.region, maxAttempts: 1 });
export const oidcOf = (aws: AwsDouble) => new SSOOIDCClient({ endpoint: aws.url, region: aws.region, maxAttempts: 1 });

export const allow = (action: string | string[], resource: string | string[] = "*"): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: action, Resource: resource }],
});

export const trusting = (principal: string | Record<string, string | string[]>, rest: object = {}): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: typeof principal === "string" ? { AWS: principal } : principal,
      Action: ["sts:AssumeRole"],
      ...rest,
    },
  ],
});

/** The call is refused with this error name. */
export const refused = (call: Promise<unknown>, name: string, message?: RegExp): Promise<void> =>
  expect(call).rejects.toMatchObject({ name, ...(message ? { message: expect.stringMatching(message) } : {}) });
