import { callerArn, callerUserId, type Credential } from "./identity.ts";
import { decide, type Context, type Decision, type PolicyDocument, type PolicyPrincipal } from "./policy.ts";
import type { State } from "./state.ts";
import type { WireRequest } from "./wire.ts";

/** The condition keys that IAM adds to every request. */
export const callerContext = (credential: Credential, state: State, sourceIp?: string): Context => {
  const { owner, session } = credential;
  const tags = { ...owner.tags, ...session?.tags };
  const keys: Record<string, readonly string[] | undefined> = {
    "aws:PrincipalArn": [session?.kind === "federated-user" ? session.arn : owner.arn],
    "aws:PrincipalAccount": [owner.accountId],
    "aws:PrincipalType": [PRINCIPAL_TYPES[session?.kind ?? owner.kind] ?? "User"],
    "aws:userid": [callerUserId(credential)],
    "aws:username": owner.kind === "user" && session?.kind !== "federated-user" ? [owner.name] : undefined,
    "aws:SourceIp": sourceIp === undefined ? undefined : [sourceIp],
    "aws:CurrentTime": [state.clock.now().toISOString()],
    "aws:EpochTime": [String(Math.floor(state.clock.now().getTime() / 1000))],
    "aws:SecureTransport": ["false"],
    // Long-term keys leave the MFA keys out of the context; sessions always state whether there was one.
    "aws:MultiFactorAuthPresent": session && [String(session.mfaAt !== undefined)],
    "aws:MultiFactorAuthAge": session?.mfaAt && [
      String(Math.floor((state.clock.now().getTime() - session.mfaAt.getTime()) / 1000)),
    ],
    "aws:TokenIssueTime": session && [session.issuedAt.toISOString()],
    "aws:SourceIdentity": session?.sourceIdentity === undefined ? undefined : [session.sourceIdentity],
    ...session?.federation,
  };
  for (const [key, value] of Object.entries(tags)) keys[`aws:PrincipalTag/${key}`] = [value];
  return Object.fromEntries(
    Object.entries(keys).filter((entry): entry is [string, string[]] => entry[1] !== undefined),
  );
};

const PRINCIPAL_TYPES: Record<string, string> = {
  user: "User",
  "user-session": "User",
  "assumed-role": "AssumedRole",
  "federated-user": "FederatedUser",
};

export const principalOf = (credential: Credential): PolicyPrincipal => ({
  accountId: credential.owner.accountId,
  arn: credential.owner.arn,
  ...(credential.session && credential.session.kind !== "user-session" ? { sessionArn: credential.session.arn } : {}),
});

export interface Question {
  action: string;
  resource: string;
  context?: Context;
  resourcePolicy?: PolicyDocument;
  resourceAccountId?: string;
}

/** May this credential do that? Identity policies are read now; session policies as they were at the mint. */
export const authorize = (
  state: State,
  request: Pick<WireRequest, "sourceIp">,
  credential: Credential,
  question: Question,
): Decision => {
  const { session } = credential;
  // A federated user without a policy may do nothing: the absent policy is an empty one.
  const sessionPolicies = session?.policies ?? (session?.kind === "federated-user" ? [] : undefined);
  // GetSessionToken credentials may not call IAM or STS, two STS actions aside; federated users only one.
  if (session?.kind === "user-session" && /^(iam|sts):/.test(question.action) && question.action !== "sts:AssumeRole") {
    return { allowed: false, reason: "implicit-deny" };
  }
  if (session?.kind === "federated-user" && /^(iam|sts):/.test(question.action)) {
    return { allowed: false, reason: "implicit-deny" };
  }
  return decide(
    {
      identity: credential.owner.policies,
      ...(sessionPolicies === undefined ? {} : { session: sessionPolicies }),
      ...(question.resourcePolicy === undefined ? {} : { resource: question.resourcePolicy }),
      ...(question.resourceAccountId === undefined ? {} : { resourceAccountId: question.resourceAccountId }),
    },
    {
      action: question.action,
      resource: question.resource,
      principal: principalOf(credential),
      context: { ...callerContext(credential, state, request.sourceIp), ...question.context },
    },
  );
};

/** The sentence that services put into their access-denied errors. */
export const denial = (credential: Credential, question: Question, reason: Decision["reason"]): string => {
  const kind =
    credential.session?.policies !== undefined || credential.session?.kind === "federated-user"
      ? "session policy"
      : "identity-based policy";
  const because =
    reason === "explicit-deny"
      ? `with an explicit deny in an ${kind.replace("session", "identity or session")}`
      : `because no ${kind} allows the ${question.action} action`;
  return `User: ${callerArn(credential)} is not authorized to perform: ${question.action} on resource: ${question.resource} ${because}`;
};
