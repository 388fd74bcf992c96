export { aws } from "./declaration/aws.ts";
export { awsGeneric, s3Bucket } from "./declaration/resources.ts";
