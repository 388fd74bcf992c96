import type { ConnectorRuntime } from "@keywright/core";
import type { aws } from "../declaration/aws.ts";
import { discoverFor } from "./discover.ts";
import { implicit } from "./methods/implicit.ts";
import { sso } from "./methods/sso.ts";
import { federationToken, iamRole, secretKey, sessionTokenMethod, stsToken } from "./methods/user-keys.ts";
import { webIdentity } from "./methods/web-identity.ts";
import { policyDocument } from "./policy.ts";
import { ecr } from "./resources/ecr.ts";
import { eks } from "./resources/eks.ts";
import { generic } from "./resources/generic.ts";
import { s3Bucket } from "./resources/s3-bucket.ts";
import type { Session } from "./session.ts";

export default {
  authMethods: {
    implicit: { ...implicit, discover: discoverFor("implicit") },
    "secret-key": { ...secretKey, discover: discoverFor("secret-key") },
    "sts-token": { ...stsToken, discover: discoverFor("sts-token") },
    "iam-role": { ...iamRole, discover: discoverFor("iam-role") },
    "session-token": sessionTokenMethod,
    "federation-token": federationToken,
    "web-identity": { ...webIdentity, discover: discoverFor("web-identity") },
    sso: { ...sso, discover: discoverFor("sso") },
  },
  resources: {
    "aws-generic": generic,
    "s3-bucket": s3Bucket,
    "kubernetes-cluster": eks,
    "docker-registry": ecr,
  },
  permissionDocument: policyDocument,
} satisfies ConnectorRuntime<typeof aws, Session>;
