import { conditionsHold, type ConditionBlock } from "./policy-condition.ts";
import { matches, matchesAny, type Context } from "./policy-pattern.ts";

export type { Context } from "./policy-pattern.ts";

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | Record<string, string | string[]>;
  Action?: string | string[];
  NotAction?: string | string[];
  Resource?: string | string[];
  NotResource?: string | string[];
  Condition?: ConditionBlock;
}

export interface PolicyDocument {
  Version?: string;
  Id?: string;
  Statement: Statement | Statement[];
}

/** Who asks, in the spellings that a resource or trust policy may name. */
export interface PolicyPrincipal {
  accountId: string;
  /** The user or role behind the request. */
  arn: string;
  /** The assumed-role or federated-user ARN, when the request comes from a session. */
  sessionArn?: string;
  /** The OIDC provider, as ARN and as host/path, for web identity. */
  federated?: readonly string[];
}

export interface PolicyRequest {
  action: string;
  resource: string;
  context: Context;
  principal?: PolicyPrincipal;
}

export interface PolicySet {
  identity: readonly PolicyDocument[];
  /** Absent: no session policy applies. An empty array allows nothing. */
  session?: readonly PolicyDocument[];
  resource?: PolicyDocument;
  /** The account that owns the resource, where it may differ from the caller's. */
  resourceAccountId?: string;
  /** Trust policies must allow by themselves: identity permissions alone never assume a role. */
  resourceMustAllow?: boolean;
}

export interface Decision {
  allowed: boolean;
  reason: "allowed" | "explicit-deny" | "implicit-deny";
}

/** How closely a resource policy names the caller; the closer, the fewer other policies have to agree. */
type Grant = "none" | "account" | "principal" | "session";
const CLOSENESS: readonly Grant[] = ["none", "account", "principal", "session"];

export const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

export const statementsOf = (document: PolicyDocument): readonly Statement[] => list(document.Statement);

const principalGrant = (principal: Statement["Principal"], caller: PolicyPrincipal | undefined): Grant => {
  if (principal === undefined || caller === undefined) return "none";
  if (principal === "*") return "principal";
  const named = list(principal["AWS"]).map((name): Grant => {
    if (name === "*") return caller.federated ? "none" : "principal";
    if (name === caller.sessionArn) return "session";
    if (name === caller.arn) return "principal";
    const isAccount = name === caller.accountId || new RegExp(`^arn:[^:]+:iam::${caller.accountId}:root$`).test(name);
    return isAccount && !caller.federated ? "account" : "none";
  });
  const federated = list(principal["Federated"]).some((name) => name === "*" || caller.federated?.includes(name));
  return closest([...named, federated ? "principal" : "none"]);
};

const closest = (grants: readonly Grant[]): Grant =>
  grants.reduce((best, grant) => (CLOSENESS.indexOf(grant) > CLOSENESS.indexOf(best) ? grant : best), "none");

const applies = (statement: Statement, version: string | undefined, request: PolicyRequest): boolean => {
  const withVariables = version === "2012-10-17" ? request.context : undefined;
  const inActions = (patterns: string | string[]): boolean =>
    list(patterns).some((pattern) => matches(pattern.toLowerCase(), request.action.toLowerCase(), undefined));
  const inResources = (patterns: string | string[]): boolean =>
    matchesAny(list(patterns), request.resource, withVariables);
  return (
    (statement.Action === undefined || inActions(statement.Action)) &&
    (statement.NotAction === undefined || !inActions(statement.NotAction)) &&
    (statement.Resource === undefined || inResources(statement.Resource)) &&
    (statement.NotResource === undefined || !inResources(statement.NotResource)) &&
    conditionsHold(statement.Condition ?? {}, request.context, withVariables)
  );
};

/** The verdict of some policies taken together, ignoring principals: identity and session policies. */
export const evaluate = (documents: readonly PolicyDocument[], request: PolicyRequest): "allow" | "deny" | "none" => {
  const effects = documents.flatMap((document) =>
    statementsOf(document)
      .filter((statement) => applies(statement, document.Version, request))
      .map((statement) => statement.Effect),
  );
  return effects.includes("Deny") ? "deny" : effects.includes("Allow") ? "allow" : "none";
};

const evaluateResource = (document: PolicyDocument, request: PolicyRequest): Grant | "deny" => {
  const grants = statementsOf(document)
    .filter((statement) => applies(statement, document.Version, request))
    .map((statement) => ({ effect: statement.Effect, grant: principalGrant(statement.Principal, request.principal) }));
  if (grants.some(({ effect, grant }) => effect === "Deny" && grant !== "none")) return "deny";
  return closest(grants.filter(({ effect }) => effect === "Allow").map(({ grant }) => grant));
};

/**
 * Decides a request as the IAM user guide's "Policy evaluation logic" does, without boundaries and organisation
 * policies, which the double does not have.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export const decide = (policies: PolicySet, request: PolicyRequest): Decision => {
  const identity = evaluate(policies.identity, request);
  const session = policies.session === undefined ? "allow" : evaluate(policies.session, request);
  const resource = policies.resource === undefined ? "none" : evaluateResource(policies.resource, request);
  if (identity === "deny" || session === "deny" || resource === "deny") {
    return { allowed: false, reason: "explicit-deny" };
  }
  const byIdentity = identity === "allow" && session === "allow";
  const owner = policies.resourceAccountId;
  const crossAccount = owner !== undefined && owner !== request.principal?.accountId;
  const direct = resource === "session" || (resource === "principal" && session === "allow");
  const allowed =
    crossAccount && !request.principal?.federated
      ? byIdentity && resource !== "none"
      : direct || (byIdentity && !(policies.resourceMustAllow && resource === "none"));
  return { allowed, reason: allowed ? "allowed" : "implicit-deny" };
};
