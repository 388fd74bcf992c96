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
