export { createAwsDouble, type AwsDouble, type AwsDoubleOptions } from "./aws-double.ts";
export type { AccessKey, AccountControls, BucketInput, RoleInput, UserInput } from "./account-controls.ts";
export type { OidcIssuer } from "./oidc-issuer.ts";
export {
  decide,
  type Context,
  type Decision,
  type PolicyDocument,
  type PolicyRequest,
  type Statement,
} from "./policy.ts";
export type { PermissionSetInput, SsoControls } from "./sso-controls.ts";
export type { Bucket, Cluster, Fault, RecordedCall, Repository, ServiceName, StoredObject } from "./state.ts";
