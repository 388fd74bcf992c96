import { authorize, denial } from "./authorize.ts";
import type { Credential } from "./identity.ts";
import { jsonFailure, renderJson } from "./json-service.ts";
import type { Service, ServiceCall } from "./service.ts";
import { paginate, type Cluster } from "./state.ts";
import { decode, json, Refusal } from "./wire.ts";

const demand = (call: ServiceCall, action: string, resource: string): void => {
  const credential = call.credential as Credential;
  const question = { action, resource };
  const decision = authorize(call.state, call.request, credential, question);
  if (!decision.allowed) throw new Refusal("AccessDeniedException", denial(credential, question, decision.reason), 403);
};

const accountIdOf = (call: ServiceCall): string => (call.credential as Credential).owner.accountId;

export const clusterKey = (accountId: string, region: string, name: string): string => `${accountId}/${region}/${name}`;

const describeCluster = (call: ServiceCall): unknown => {
  const { state, region } = call;
  const accountId = accountIdOf(call);
  const name = String(call.parameters["name"]);
  demand(call, "eks:DescribeCluster", `arn:${state.partition}:eks:${region}:${accountId}:cluster/${name}`);
  const cluster: Cluster | undefined = state.clusters.get(clusterKey(accountId, region, name));
  if (cluster === undefined) {
    throw new Refusal("ResourceNotFoundException", `No cluster found for name: ${name}.`, 404);
  }
  return {
    cluster: {
      name,
      arn: cluster.arn,
      createdAt: cluster.createdAt.getTime() / 1000,
      version: "1.33",
      status: "ACTIVE",
      platformVersion: "eks.1",
      endpoint: state.eksEndpoint,
      certificateAuthority: { data: Buffer.from(state.certificateAuthority).toString("base64") },
      accessConfig: { authenticationMode: "API" },
      tags: {},
    },
  };
};

const listClusters = (call: ServiceCall): unknown => {
  const { state, region } = call;
  const accountId = accountIdOf(call);
  demand(call, "eks:ListClusters", `arn:${state.partition}:eks:${region}:${accountId}:cluster/*`);
  const stated = Number(call.parameters["maxResults"] ?? 100);
  if (!(stated >= 1 && stated <= 100)) throw new Refusal("InvalidParameterException", "maxResults must be 1 to 100");
  const names = [...state.clusters.values()]
    .filter((cluster) => cluster.accountId === accountId && cluster.region === region)
    .map(({ name }) => name)
    .toSorted();
  try {
    const size = Math.min(stated, state.pageSizes["ListClusters"] ?? 100);
    const { page, next } = paginate(names, size, call.parameters["nextToken"] as string | undefined);
    return { clusters: page, nextToken: next ?? null };
  } catch {
    throw new Refusal("InvalidParameterException", "Invalid nextToken");
  }
};

export const eks: Service = {
  name: "eks",
  identify: ({ method, path, query }) => {
    const [, root, name, ...rest] = path.split("/");
    if (method === "GET" && root === "clusters" && rest.length === 0) {
      return name
        ? { action: "DescribeCluster", parameters: { name: decode(name) } }
        : { action: "ListClusters", parameters: Object.fromEntries(query) };
    }
    return { action: "Unsupported", parameters: {} };
  },
  unsigned: () => false,
  throttling: { code: "ThrottlingException", status: 429 },
  failure: jsonFailure(403),
  render: renderJson,
  handle: (call) => {
    if (call.action === "DescribeCluster") return json(describeCluster(call));
    if (call.action === "ListClusters") return json(listClusters(call));
    throw new Refusal("UnknownOperationException", "The double has no such operation.", 404);
  },
};
