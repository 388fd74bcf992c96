import { deflateRawSync } from "node:zlib";
import { authorize, callerContext, denial, principalOf } from "./authorize.ts";
import { isoSeconds } from "./clock.ts";
import { callerArn, type Credential, type Role, type Session } from "./identity.ts";
import { managedPolicies } from "./managed-policies.ts";
import { decide, type Context, type PolicyDocument, type PolicyPrincipal } from "./policy.ts";
import { parseSessionPolicy } from "./policy-document.ts";
import type { ServiceCall } from "./service.ts";
import { issueSession, type State } from "./state.ts";
import { verifyWebIdentity } from "./web-identity.ts";
import { Refusal } from "./wire.ts";
import type { XmlTree } from "./xml.ts";

type Tree = Record<string, XmlTree>;

/** STS takes at most this many characters of session policy and policy ARNs, as plain text. */
const PLAIN_POLICY_LIMIT = 2048;
/** The packed size that counts as 100 %. The real packing is AWS's secret; the double deflates. */
const PACKED_LIMIT_BYTES = 1536;
const CHAINED_ROLE_MAX_SECONDS = 3600;

const invalid = (message: string): Refusal => new Refusal("ValidationError", message);
const text = (call: ServiceCall, name: string): string | undefined => call.parameters[name] as string | undefined;

const constraint = (value: string, field: string, rule: string): Refusal =>
  invalid(
    `1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: Member must ${rule}`,
  );

const checkText = (value: string | undefined, field: string, min: number, max: number, pattern = /^[\w+=,.@-]*$/) => {
  if (value === undefined) throw constraint("null", field, "not be null");
  if (value.length < min) throw constraint(value, field, `have length greater than or equal to ${min}`);
  if (value.length > max) throw constraint(value, field, `have length less than or equal to ${max}`);
  if (!pattern.test(value)) throw constraint(value, field, `satisfy regular expression pattern: ${pattern.source}`);
  return value;
};

const duration = (call: ServiceCall, fallback: number, max: number): number => {
  const stated = text(call, "DurationSeconds");
  if (stated === undefined) return fallback;
  const seconds = Number(stated);
  if (!Number.isInteger(seconds)) throw new Refusal("MalformedInput", "DurationSeconds is not an integer");
  if (seconds < 900) throw constraint(stated, "durationSeconds", "have value greater than or equal to 900");
  if (seconds > max) throw constraint(stated, "durationSeconds", `have value less than or equal to ${max}`);
  return seconds;
};

/** `PolicyArns.member.1.arn`, `Tags.member.1.Key`, …: the values of one field, in order. */
const members = (call: ServiceCall, name: string, field?: string): string[] => {
  const found: string[] = [];
  for (let index = 1; ; index++) {
    const value = text(call, `${name}.member.${index}${field === undefined ? "" : `.${field}`}`);
    if (value === undefined) return found;
    found.push(value);
  }
};

const tagsOf = (call: ServiceCall): Record<string, string> => {
  const keys = members(call, "Tags", "Key");
  const values = members(call, "Tags", "Value");
  if (keys.length > 50) throw constraint(String(keys.length), "tags", "have length less than or equal to 50");
  keys.forEach((key, index) => {
    checkText(key, `tags.${index + 1}.member.key`, 1, 128, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u);
    checkText(values[index], `tags.${index + 1}.member.value`, 0, 256, /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
  });
  if (new Set(keys.map((key) => key.toLowerCase())).size < keys.length) {
    throw new Refusal(
      "InvalidParameterValue",
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    );
  }
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? ""]));
};

interface SessionPolicies {
  /** Absent when the request passed none. */
  policies?: PolicyDocument[];
  /** Percent of the packed limit; absent when there is nothing to pack. */
  packedSize?: number;
}

const sessionPolicies = ({ state, ...call }: ServiceCall, tags: Record<string, string>): SessionPolicies => {
  const inline = text({ state, ...call }, "Policy");
  const arns = members({ state, ...call }, "PolicyArns", "arn");
  if (arns.length > 10) throw constraint(String(arns.length), "policyArns", "have length less than or equal to 10");
  if (inline !== undefined && inline.length < 1)
    throw constraint("", "policy", "have length greater than or equal to 1");
  const plain = (inline?.length ?? 0) + arns.join("").length;
  if (plain > PLAIN_POLICY_LIMIT) {
    throw constraint(inline ?? arns.join(), "policy", `have length less than or equal to ${PLAIN_POLICY_LIMIT}`);
  }
  const managed = arns.map((arn) => {
    const policy = managedPolicies[arn.slice(`arn:${state.partition}:iam::aws:policy/`.length)];
    if (!arn.startsWith(`arn:${state.partition}:iam::aws:policy/`) || policy === undefined) {
      throw new Refusal("MalformedPolicyDocument", `The policy ARN ${arn} does not exist or is not attachable.`);
    }
    return policy;
  });
  const documents = [...(inline === undefined ? [] : [parseSessionPolicy(inline)]), ...managed];
  const packedBytes = deflateRawSync(`${inline ?? ""}${arns.join()}${Object.entries(tags).join()}`).length;
  const packedSize = Math.ceil((packedBytes / PACKED_LIMIT_BYTES) * 100);
  if (packedSize > 100) {
    throw new Refusal(
      "PackedPolicyTooLarge",
      `Serialized token too large for session: packed size is ${packedSize}% of the allowed size.`,
    );
  }
  const nothing = documents.length === 0 && Object.keys(tags).length === 0;
  return {
    ...(documents.length === 0 ? {} : { policies: documents }),
    ...(nothing ? {} : { packedSize }),
  };
};

const credentialsTree = (credential: Credential & { session: Session }): Tree => ({
  AccessKeyId: credential.accessKeyId,
  SecretAccessKey: credential.secretAccessKey,
  SessionToken: credential.sessionToken,
  Expiration: isoSeconds(credential.session.expiresAt),
});

/** Expirations are whole seconds, so that what a client reads is when the session ends. */
const after = (state: State, seconds: number): Date =>
  new Date(Math.floor(state.clock.now().getTime() / 1000 + seconds) * 1000);

const roleByArn = (state: State, arn: string): Role | undefined => {
  const accountId = arn.split(":")[4] ?? "";
  return [...(state.accounts.get(accountId)?.roles.values() ?? [])].find((role) => role.arn === arn);
};

/** Verifies the code that an MFA device shows; undefined when the request names no device. */
const mfaOf = (call: ServiceCall, credential: Credential): Date | undefined => {
  const serial = text(call, "SerialNumber");
  const code = text(call, "TokenCode");
  if (serial === undefined && code === undefined) return undefined;
  const { owner } = credential;
  const device = owner.kind === "user" ? owner.mfa : undefined;
  if (serial === undefined || code === undefined) {
    throw invalid("MFA SerialNumber and TokenCode must be passed together.");
  }
  if (!/^\d{6}$/.test(code)) throw constraint("******", "tokenCode", "satisfy regular expression pattern: [\\d]*");
  if (device === undefined || device.serial !== serial || device.code !== code) {
    throw new Refusal("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ", 403);
  }
  return call.state.clock.now();
};

interface Assumption {
  call: ServiceCall;
  role: Role | undefined;
  roleArn: string;
  action: "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity";
  principal: PolicyPrincipal;
  identity: { credential: Credential | undefined };
  context: Context;
  callerArn: string;
  tags: Record<string, string>;
  sourceIdentity: string | undefined;
}

/** The trust policy and, where it only names an account, the caller's own policies decide. */
const checkTrust = (assumption: Assumption): Role => {
  const { call, role, roleArn, action, principal, context, identity, tags, sourceIdentity } = assumption;
  const { credential } = identity;
  const session = credential?.session;
  const actions = [
    action,
    ...(Object.keys(tags).length > 0 ? ["sts:TagSession"] : []),
    ...(sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  for (const needed of actions) {
    const allowed =
      role !== undefined &&
      decide(
        {
          identity: credential?.owner.policies ?? [],
          ...(session?.policies === undefined ? {} : { session: session.policies }),
          resource: role.trust,
          resourceAccountId: role.accountId,
          resourceMustAllow: true,
        },
        { action: needed, resource: roleArn, context, principal },
      ).allowed;
    if (!allowed) {
      throw new Refusal(
        "AccessDenied",
        action === "sts:AssumeRoleWithWebIdentity"
          ? `Not authorized to perform ${needed}`
          : `User: ${assumption.callerArn} is not authorized to perform: ${needed} on resource: ${roleArn}`,
        403,
      );
    }
  }
  if (role === undefined) throw new Refusal("AccessDenied", `Not authorized: ${call.action}`, 403);
  return role;
};

const roleSession = (
  call: ServiceCall,
  role: Role,
  name: string,
  seconds: number,
  rest: Pick<Session, "tags" | "transitiveTagKeys"> & Partial<Session>,
): Tree & { Credentials: Tree } => {
  const { state } = call;
  const session: Session = {
    kind: "assumed-role",
    name,
    arn: `arn:${state.partition}:sts::${role.accountId}:assumed-role/${role.name}/${name}`,
    userId: `${role.id}:${name}`,
    expiresAt: after(state, seconds),
    issuedAt: state.clock.now(),
    ...rest,
  };
  return {
    Credentials: credentialsTree(issueSession(state, role, session)),
    AssumedRoleUser: { Arn: session.arn, AssumedRoleId: session.userId },
  };
};

const checkMaximum = (seconds: number, role: Role): void => {
  if (seconds > role.maxSessionSeconds) {
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
};

const roleArnOf = (call: ServiceCall): string => {
  const roleArn = checkText(text(call, "RoleArn"), "roleArn", 20, 2048, /^[^]+$/);
  if (!new RegExp(`^arn:${call.state.partition}:iam::\\d{12}:role/.+`).test(roleArn)) {
    throw invalid(`${roleArn} is invalid`);
  }
  return roleArn;
};

export const assumeRole = (call: ServiceCall): Tree => {
  const { state } = call;
  const credential = call.credential as Credential;
  const { session } = credential;
  const roleArn = roleArnOf(call);
  const name = checkText(text(call, "RoleSessionName"), "roleSessionName", 2, 64);
  const seconds = duration(call, 3600, 43_200);
  const externalId = text(call, "ExternalId");
  if (externalId !== undefined) checkText(externalId, "externalId", 2, 1224, /^[\w+=,.@:/-]*$/);
  const stated = text(call, "SourceIdentity");
  if (stated !== undefined) checkText(stated, "sourceIdentity", 2, 64);
  const tags = tagsOf(call);
  const { policies, packedSize } = sessionPolicies(call, tags);
  if (session?.kind === "federated-user") {
    throw new Refusal(
      "AccessDenied",
      `User: ${callerArn(credential)} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  }
  const mfaAt = mfaOf(call, credential);
  const inherited = Object.fromEntries(
    (session?.transitiveTagKeys ?? []).map((key) => [key, session?.tags[key] ?? ""]),
  );
  const sourceIdentity = session?.sourceIdentity ?? stated;
  const allTags = { ...tags, ...inherited };
  const keys: Record<string, readonly string[]> = {
    "sts:RoleSessionName": [name],
    ...(externalId === undefined ? {} : { "sts:ExternalId": [externalId] }),
    ...(sourceIdentity === undefined ? {} : { "sts:SourceIdentity": [sourceIdentity] }),
    ...(Object.keys(tags).length === 0 ? {} : { "aws:TagKeys": Object.keys(tags) }),
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, [value]])),
    ...(mfaAt === undefined ? {} : { "aws:MultiFactorAuthPresent": ["true"], "aws:MultiFactorAuthAge": ["0"] }),
  };
  const role = checkTrust({
    call,
    role: roleByArn(state, roleArn),
    roleArn,
    action: "sts:AssumeRole",
    principal: principalOf(credential),
    identity: { credential },
    context: { ...callerContext(credential, state, call.request.sourceIp), ...keys },
    callerArn: callerArn(credential),
    tags: allTags,
    sourceIdentity,
  });
  if (session?.kind === "assumed-role" && seconds > CHAINED_ROLE_MAX_SECONDS) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  checkMaximum(seconds, role);
  const tree = roleSession(call, role, name, seconds, {
    tags: allTags,
    transitiveTagKeys: [...members(call, "TransitiveTagKeys"), ...Object.keys(inherited)],
    ...(policies === undefined ? {} : { policies }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
  });
  return { ...tree, PackedPolicySize: packedSize, SourceIdentity: sourceIdentity };
};

export const assumeRoleWithWebIdentity = (call: ServiceCall): Tree => {
  const { state } = call;
  const roleArn = roleArnOf(call);
  const name = checkText(text(call, "RoleSessionName"), "roleSessionName", 2, 64);
  const token = text(call, "WebIdentityToken");
  if (token === undefined) throw constraint("null", "webIdentityToken", "not be null");
  if (token.length < 4 || token.length > 20_000) {
    throw constraint("<token>", "webIdentityToken", "have length between 4 and 20000");
  }
  const seconds = duration(call, 3600, 43_200);
  const accountId = roleArn.split(":")[4] ?? "";
  const identity = verifyWebIdentity(token, state, accountId);
  const { policies, packedSize } = sessionPolicies(call, identity.tags);
  const role = checkTrust({
    call,
    role: roleByArn(state, roleArn),
    roleArn,
    action: "sts:AssumeRoleWithWebIdentity",
    principal: { accountId, arn: identity.provider.arn, federated: [identity.provider.arn, identity.provider.host] },
    identity: { credential: undefined },
    context: { ...identity.context, "sts:RoleSessionName": [name] },
    callerArn: identity.subject,
    tags: identity.tags,
    sourceIdentity: identity.sourceIdentity,
  });
  checkMaximum(seconds, role);
  const tree = roleSession(call, role, name, seconds, {
    tags: identity.tags,
    transitiveTagKeys: identity.transitiveTagKeys,
    federation: identity.context,
    ...(policies === undefined ? {} : { policies }),
    ...(identity.sourceIdentity === undefined ? {} : { sourceIdentity: identity.sourceIdentity }),
  });
  return {
    ...tree,
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    Provider: identity.provider.arn,
    PackedPolicySize: packedSize,
    SourceIdentity: identity.sourceIdentity,
  };
};

export const getSessionToken = (call: ServiceCall): Tree => {
  const { state } = call;
  const credential = call.credential as Credential;
  const { owner } = credential;
  if (credential.session !== undefined || owner.kind !== "user") {
    throw new Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", 403);
  }
  const seconds = duration(call, 43_200, 129_600);
  const mfaAt = mfaOf(call, credential);
  const session: Session = {
    kind: "user-session",
    name: owner.name,
    arn: owner.arn,
    userId: owner.id,
    expiresAt: after(state, seconds),
    issuedAt: state.clock.now(),
    tags: {},
    transitiveTagKeys: [],
    ...(mfaAt === undefined ? {} : { mfaAt }),
  };
  return { Credentials: credentialsTree(issueSession(state, owner, session)) };
};

export const getFederationToken = (call: ServiceCall): Tree => {
  const { state } = call;
  const credential = call.credential as Credential;
  const { owner } = credential;
  if (credential.session !== undefined || owner.kind !== "user") {
    throw new Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", 403);
  }
  const name = checkText(text(call, "Name"), "name", 2, 32);
  const seconds = duration(call, 43_200, 129_600);
  const tags = tagsOf(call);
  const { policies, packedSize } = sessionPolicies(call, tags);
  const arn = `arn:${state.partition}:sts::${owner.accountId}:federated-user/${name}`;
  const question = { action: "sts:GetFederationToken", resource: arn };
  const decision = authorize(state, call.request, credential, question);
  if (!decision.allowed) throw new Refusal("AccessDenied", denial(credential, question, decision.reason), 403);
  const session: Session = {
    kind: "federated-user",
    name,
    arn,
    userId: `${owner.accountId}:${name}`,
    expiresAt: after(state, seconds),
    issuedAt: state.clock.now(),
    tags,
    transitiveTagKeys: [],
    ...(policies === undefined ? {} : { policies }),
  };
  return {
    Credentials: credentialsTree(issueSession(state, owner, session)),
    FederatedUser: { Arn: arn, FederatedUserId: session.userId },
    PackedPolicySize: packedSize,
  };
};
