import { doubleTarget } from "../suites/aws-double-target.ts";
import { s3Narrowing } from "../suites/s3-narrowing.ts";

s3Narrowing("S3 on the AWS double", doubleTarget, [
  "secret-key",
  "secret-key+role",
  "secret-key+mfa",
  "iam-role",
  "federation-token",
  "web-identity",
  "sts-token",
  "sts-token+role",
  "session-token",
  "session-token+role",
  "sso",
  "sso+role",
]);

const elsewhere = (partition: "aws-cn" | "aws-us-gov", region: string) =>
  s3Narrowing(`S3 of ${partition} on the AWS double`, () => doubleTarget({ partition, region }), [
    "iam-role",
    "federation-token",
  ]);
elsewhere("aws-cn", "cn-north-1");
elsewhere("aws-us-gov", "us-gov-west-1");
