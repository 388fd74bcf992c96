import { callerArn, type Credential } from "./identity.ts";
import { expectedSignature, instantOf, readSignature, sameText } from "./sigv4.ts";
import { ownerExists, type Cluster, type State } from "./state.ts";
import { json, parseQuery, Refusal, type WireRequest, type WireResponse } from "./wire.ts";

/** A token is good for this long after `X-Amz-Date`, whatever `X-Amz-Expires` says. */
const TOKEN_SECONDS = 15 * 60;
const TOKEN_BYTES = 4096;
const QUERY_KEYS = new Set([
  "action",
  "version",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
]);
const STS_HOST = /^sts(?:-fips)?(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?$/;

const unauthorized = (why: string): Refusal => new Refusal("Unauthorized", why, 401);

/** The presigned URL inside a bearer token, held to aws-iam-authenticator's rules before anything is asked of STS. */
const presignedUrl = (token: string): URL => {
  if (!token.startsWith("k8s-aws-v1.")) throw unauthorized('token is missing expected "k8s-aws-v1." prefix');
  if (Buffer.byteLength(token) > TOKEN_BYTES) throw unauthorized("token is too large");
  const encoded = token.slice(11);
  if (!/^[\w-]+$/.test(encoded)) throw unauthorized("token is not base64url without padding");
  const text = Buffer.from(encoded, "base64url").toString();
  if (!URL.canParse(text)) throw unauthorized("token is no URL");
  const url = new URL(text);
  if (url.protocol !== "https:" || url.port !== "") throw unauthorized("unexpected scheme in pre-signed URL");
  if (!STS_HOST.test(url.hostname)) throw unauthorized("unexpected hostname in pre-signed URL");
  if (url.pathname !== "/") throw unauthorized("unexpected path in pre-signed URL");
  const pairs = parseQuery(url.search.slice(1)).map(([name, value]) => [name.toLowerCase(), value] as const);
  const names = pairs.map(([name]) => name);
  const odd = names.find((name, index) => !QUERY_KEYS.has(name) || names.indexOf(name) !== index);
  if (odd !== undefined) throw unauthorized("non-whitelisted or repeated query parameter");
  const query = new Map(pairs);
  if (query.get("action") !== "GetCallerIdentity") throw unauthorized("unexpected action parameter in pre-signed URL");
  if (!(query.get("x-amz-signedheaders") ?? "").split(";").includes("x-k8s-aws-id")) {
    throw unauthorized("client did not sign the x-k8s-aws-id header in the pre-signed URL");
  }
  const expires = Number(query.get("x-amz-expires") ?? "");
  if (!Number.isInteger(expires) || expires < 0 || expires > 900) {
    throw unauthorized("invalid X-Amz-Expires parameter in pre-signed URL");
  }
  return url;
};

/** Asks "STS" about the URL, as the authenticator would, with the header that names one cluster. */
const credentialFor = (url: URL, clusterName: string, state: State): Credential | undefined => {
  const rawQuery = url.search.slice(1);
  const request: WireRequest = {
    method: "GET",
    path: "/",
    rawQuery,
    query: new Map(parseQuery(rawQuery)),
    headers: { host: url.hostname, "x-k8s-aws-id": clusterName },
    body: Buffer.alloc(0),
    sourceIp: "127.0.0.1",
  };
  const signature = readSignature(request);
  if (signature === undefined || signature === "malformed" || signature.service !== "sts") {
    throw unauthorized("input token was not properly formatted");
  }
  const region = STS_HOST.exec(url.hostname)?.[1] ?? "us-east-1";
  const signedAt = instantOf(signature.timestamp);
  const now = state.clock.now().getTime();
  if (!signature.timestamp.startsWith(signature.date)) throw unauthorized("X-Amz-Date is not of the scope's day");
  if (!(signedAt + TOKEN_SECONDS * 1000 > now)) throw unauthorized("X-Amz-Date parameter is expired (15 minutes)");
  if (signedAt > now + state.skewSeconds * 1000) throw unauthorized("X-Amz-Date parameter is in the future");
  const credential = state.credentials.get(signature.accessKeyId);
  const isKnown = credential?.active && ownerExists(state, credential) && signature.region === region;
  if (!credential || !isKnown || credential.sessionToken !== signature.sessionToken) return undefined;
  if (credential.session && credential.session.expiresAt <= state.clock.now()) return undefined;
  return sameText(expectedSignature(request, signature, credential.secretAccessKey), signature.signature)
    ? credential
    : undefined;
};

export interface ClusterCaller {
  credential: Credential;
  cluster: Cluster;
  username: string;
}

/**
 * Who a bearer token stands for, and in which cluster. One server stands for every cluster: the cluster is the one
 * whose name the token's signature holds for, and whose access entries map the caller.
 */
const callerOf = (request: WireRequest, state: State): ClusterCaller => {
  const [scheme, token = ""] = (request.headers["authorization"] ?? "").split(" ");
  if (scheme !== "Bearer") throw unauthorized("no bearer token");
  const url = presignedUrl(token);
  for (const cluster of state.clusters.values()) {
    const credential = credentialFor(url, cluster.name, state);
    if (credential === undefined) continue;
    const { owner } = credential;
    // Entries name the role without its path, as sessions do; the role's real ARN is taken as well.
    const plain = `arn:${state.partition}:iam::${owner.accountId}:role/${owner.name}`;
    const arn = credential.session?.kind === "federated-user" ? callerArn(credential) : owner.arn;
    const username = cluster.mappedArns[arn] ?? (owner.kind === "role" ? cluster.mappedArns[plain] : undefined);
    if (username === undefined) throw unauthorized(`ARN is not mapped: ${callerArn(credential)}`);
    return { credential, cluster, username: username.replaceAll("{{SessionName}}", credential.session?.name ?? "") };
  }
  throw unauthorized("sts getCallerIdentity failed: error from AWS (expected 200, got 403)");
};

const resource = (name: string, kind: string, namespaced: boolean, verbs: string[], shortNames: string[] = []) => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  verbs,
  shortNames,
});

const namespaces = ["default", "kube-system"].map((name) => ({
  kind: "Namespace",
  apiVersion: "v1",
  metadata: {
    name,
    creationTimestamp: "2026-01-01T00:00:00Z",
    uid: `00000000-0000-4000-8000-${Buffer.from(name).toString("hex").padStart(12, "0").slice(0, 12)}`,
  },
  status: { phase: "Active" },
}));

const userInfo = ({ username, credential }: ClusterCaller) => ({
  username,
  uid: `aws-iam-authenticator:${credential.owner.accountId}:${credential.owner.id}`,
  groups: ["system:authenticated"],
  extra: { arn: [callerArn(credential)], accessKeyId: [credential.accessKeyId] },
});

/** The few paths that `kubectl get`, `kubectl version` and `kubectl auth whoami` ask for. */
const DOCUMENTS: Record<string, (caller: ClusterCaller) => unknown> = {
  "GET /version": () => ({ major: "1", minor: "33", gitVersion: "v1.33.0-eks-double", platform: "linux/amd64" }),
  "GET /api": () => ({ kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] }),
  "GET /apis": () => ({
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: ["authentication.k8s.io"].map((name) => ({
      name,
      versions: [{ groupVersion: `${name}/v1`, version: "v1" }],
      preferredVersion: { groupVersion: `${name}/v1`, version: "v1" },
    })),
  }),
  "GET /api/v1": () => ({
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [resource("namespaces", "Namespace", false, ["get", "list"], ["ns"])],
  }),
  "GET /apis/authentication.k8s.io/v1": () => ({
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "authentication.k8s.io/v1",
    resources: [resource("selfsubjectreviews", "SelfSubjectReview", false, ["create"])],
  }),
  "GET /api/v1/namespaces": () => ({
    kind: "NamespaceList",
    apiVersion: "v1",
    metadata: { resourceVersion: "1" },
    items: namespaces,
  }),
  "GET /api/v1/namespaces/default": () => namespaces[0],
  "GET /api/v1/namespaces/kube-system": () => namespaces[1],
  "POST /apis/authentication.k8s.io/v1/selfsubjectreviews": (caller) => ({
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {},
    status: { userInfo: userInfo(caller) },
  }),
};

const routeOf = ({ method, path }: WireRequest): string => `${method} ${path.replace(/\/$/, "")}`;

/** Answers one request to the API server; `onCaller` hears who it was as soon as that is known. */
export const answerCluster = (
  request: WireRequest,
  state: State,
  onCaller: (caller: ClusterCaller) => void,
): WireResponse => {
  const caller = callerOf(request, state);
  onCaller(caller);
  const document = DOCUMENTS[routeOf(request)];
  if (document === undefined) throw new Refusal("NotFound", "the server could not find the requested resource", 404);
  return json(document(caller), request.method === "POST" ? 201 : 200);
};

/** Like the real API server, the answer does not say why a token was refused; the record of calls does. */
export const renderCluster = ({ code, message, status }: Refusal): WireResponse =>
  json(
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: status === 401 ? "Unauthorized" : message,
      reason: code,
      code: status,
    },
    status,
  );
