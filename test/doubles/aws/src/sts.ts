import { callerArn, callerUserId, type Credential } from "./identity.ts";
import type { AuthFailure, FailureFacts, Service, ServiceCall } from "./service.ts";
import { skewMessage } from "./skew-message.ts";
import { assumeRole, assumeRoleWithWebIdentity, getFederationToken, getSessionToken } from "./sts-sessions.ts";
import { parseQuery, Refusal, type WireRequest, type WireResponse } from "./wire.ts";
import { xml, type XmlTree } from "./xml.ts";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

const form = (request: WireRequest): Record<string, string> =>
  Object.fromEntries(parseQuery(request.method === "POST" ? request.body.toString() : request.rawQuery));

export const isSts = (request: WireRequest): boolean => {
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return request.query.has("Action") || (request.method === "POST" && isForm === true && "Action" in form(request));
};

const failure = (kind: AuthFailure, facts: FailureFacts): Refusal => {
  const skew = skewMessage(facts);
  const table: Record<AuthFailure, readonly [code: string, message: string, status?: number]> = {
    missing: ["MissingAuthenticationToken", "Request is missing Authentication Token"],
    malformed: ["IncompleteSignature", "Request has an incomplete signature", 400],
    "unknown-key": ["InvalidClientTokenId", "The security token included in the request is invalid."],
    "bad-token": ["InvalidClientTokenId", "The security token included in the request is invalid."],
    "bad-signature": [
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    ],
    "expired-token": ["ExpiredToken", "The security token included in the request is expired"],
    skewed: ["SignatureDoesNotMatch", skew],
    "presign-expired": ["SignatureDoesNotMatch", skew],
    "wrong-scope": ["SignatureDoesNotMatch", "Credential should be scoped to a valid region."],
  };
  const [code, message, status = 403] = table[kind];
  return new Refusal(code, message, status);
};

const callerIdentity = ({ credential }: ServiceCall): Record<string, XmlTree> => {
  const caller = credential as Credential;
  return { Arn: callerArn(caller), UserId: callerUserId(caller), Account: caller.owner.accountId };
};

const ACTIONS: Record<string, (call: ServiceCall) => Record<string, XmlTree>> = {
  GetCallerIdentity: callerIdentity,
  AssumeRole: assumeRole,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
  GetSessionToken: getSessionToken,
  GetFederationToken: getFederationToken,
};

const wantsJson = (request: WireRequest): boolean => request.headers["accept"]?.includes("application/json") === true;

const toJson = (tree: XmlTree): unknown =>
  tree instanceof Date
    ? tree.getTime() / 1000
    : typeof tree === "object" && !Array.isArray(tree)
      ? Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, toJson(value)]))
      : tree;

const handle = (call: ServiceCall): WireResponse => {
  const { action, request, requestId } = call;
  const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (perform === undefined) {
    throw new Refusal("InvalidAction", `Could not find operation ${action} for version 2011-06-15`);
  }
  if (call.state.disabledRegions.has(call.region)) {
    throw new Refusal(
      "RegionDisabledException",
      `STS is not activated in this region for account:${call.credential?.owner.accountId ?? ""}. Your account administrator can activate STS in this region using the IAM Console.`,
      403,
    );
  }
  const result = perform(call);
  if (wantsJson(request)) {
    const body = {
      [`${action}Response`]: { [`${action}Result`]: toJson(result), ResponseMetadata: { RequestId: requestId } },
    };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  }
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body: xml({
      [`${action}Response xmlns="${NAMESPACE}"`]: {
        [`${action}Result`]: result,
        ResponseMetadata: { RequestId: requestId },
      },
    }),
  };
};

const render = ({ code, message, status, headers }: Refusal, requestId: string, request: WireRequest): WireResponse => {
  const Error = { Type: status >= 500 ? "Receiver" : "Sender", Code: code, Message: message };
  return wantsJson(request)
    ? {
        status,
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({ Error, RequestId: requestId }),
      }
    : {
        status,
        headers: { "content-type": "text/xml", ...headers },
        body: xml({ [`ErrorResponse xmlns="${NAMESPACE}"`]: { Error, RequestId: requestId } }),
      };
};

export const sts: Service = {
  name: "sts",
  identify: (request) => {
    const { Action: action = "", Version: _, ...parameters } = form(request);
    return { action, parameters };
  },
  unsigned: (action) => action === "AssumeRoleWithWebIdentity",
  throttling: { code: "Throttling", status: 400 },
  failure,
  render,
  handle,
};
