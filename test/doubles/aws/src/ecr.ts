import { authorize, denial } from "./authorize.ts";
import type { Credential } from "./identity.ts";
import { jsonFailure, renderJson } from "./json-service.ts";
import type { Service, ServiceCall } from "./service.ts";
import { paginate, type Repository } from "./state.ts";
import { json, Refusal, type WireRequest } from "./wire.ts";

export const ECR_TARGET = "AmazonEC2ContainerRegistry_V20150921.";

/** An ECR login lives this long, whatever the life of the session that asked for it. */
const LOGIN_SECONDS = 12 * 3600;

type Answer = Record<string, unknown>;

const demand = (call: ServiceCall, action: string, resource: string): void => {
  const credential = call.credential as Credential;
  const question = { action, resource };
  const decision = authorize(call.state, call.request, credential, question);
  if (!decision.allowed) {
    throw new Refusal("AccessDeniedException", denial(credential, question, decision.reason), 400);
  }
};

const accountOfCall = (call: ServiceCall): string =>
  (call.parameters["registryId"] as string | undefined) ?? (call.credential as Credential).owner.accountId;

export const repositoryKey = (accountId: string, region: string, name: string): string =>
  `${accountId}/${region}/${name}`;

const repositoryArn = (call: ServiceCall, name: string): string =>
  `arn:${call.state.partition}:ecr:${call.region}:${accountOfCall(call)}:repository/${name}`;

const repositoryOf = (call: ServiceCall, action: string): Repository => {
  const name = String(call.parameters["repositoryName"] ?? "");
  demand(call, action, repositoryArn(call, name));
  const repository = call.state.repositories.get(repositoryKey(accountOfCall(call), call.region, name));
  if (repository === undefined) throw notFound(name, accountOfCall(call));
  return repository;
};

const notFound = (name: string, accountId: string): Refusal =>
  new Refusal(
    "RepositoryNotFoundException",
    `The repository with name '${name}' does not exist in the registry with id '${accountId}'`,
  );

/** One page by the caller's `maxResults` and the double's cap. */
const pageOf = <T>(call: ServiceCall, items: readonly T[], fallback: number): { page: T[]; next?: string } => {
  const stated = Number(call.parameters["maxResults"] ?? fallback);
  if (!(stated >= 1 && stated <= 1000)) throw new Refusal("InvalidParameterException", "maxResults must be 1 to 1000");
  try {
    const cap = call.state.pageSizes[call.action] ?? 1000;
    return paginate(items, Math.min(stated, cap), call.parameters["nextToken"] as string | undefined);
  } catch {
    throw new Refusal("InvalidParameterException", "Invalid parameter: nextToken");
  }
};

const getAuthorizationToken = (call: ServiceCall): Answer => {
  const { state, region } = call;
  demand(call, "ecr:GetAuthorizationToken", "*");
  const password = state.random.base64(96);
  const expiresAt = new Date(state.clock.now().getTime() + LOGIN_SECONDS * 1000);
  state.logins.set(password, { password, credential: call.credential as Credential, region, expiresAt });
  return {
    authorizationData: [
      {
        authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"),
        expiresAt: expiresAt.getTime() / 1000,
        proxyEndpoint: `http://${state.registry}`,
      },
    ],
  };
};

const describeRepositories = (call: ServiceCall): Answer => {
  const names = call.parameters["repositoryNames"] as string[] | undefined;
  const accountId = accountOfCall(call);
  for (const name of names ?? ["*"]) demand(call, "ecr:DescribeRepositories", repositoryArn(call, name));
  const mine = [...call.state.repositories.values()]
    .filter((repository) => repository.accountId === accountId && repository.region === call.region)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const missing = names?.find((name) => !mine.some((repository) => repository.name === name));
  if (missing !== undefined) throw notFound(missing, accountId);
  const { page, next } = pageOf(
    call,
    mine.filter(({ name }) => names?.includes(name) ?? true),
    100,
  );
  return {
    repositories: page.map(({ name, arn, createdAt }) => ({
      repositoryArn: arn,
      registryId: accountId,
      repositoryName: name,
      repositoryUri: `${call.state.registry}/${name}`,
      createdAt: createdAt.getTime() / 1000,
      imageTagMutability: "MUTABLE",
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: "AES256" },
    })),
    nextToken: next,
  };
};

const imageIds = (repository: Repository): { imageDigest: string; imageTag?: string }[] => {
  const tagged = [...repository.tags].map(([imageTag, imageDigest]) => ({ imageDigest, imageTag }));
  const untagged = [...repository.manifests.keys()].filter((digest) => ![...repository.tags.values()].includes(digest));
  return [...tagged, ...untagged.map((imageDigest) => ({ imageDigest }))];
};

const listImages = (call: ServiceCall): Answer => {
  const { page, next } = pageOf(call, imageIds(repositoryOf(call, "ecr:ListImages")), 100);
  return { imageIds: page, nextToken: next };
};

const batchGetImage = (call: ServiceCall): Answer => {
  const repository = repositoryOf(call, "ecr:BatchGetImage");
  const wanted = (call.parameters["imageIds"] ?? []) as { imageDigest?: string; imageTag?: string }[];
  const found = wanted.map((imageId) => {
    const digest = imageId.imageDigest ?? repository.tags.get(imageId.imageTag ?? "") ?? "";
    return { imageId: { ...imageId, imageDigest: digest }, asked: imageId, manifest: repository.manifests.get(digest) };
  });
  return {
    images: found.flatMap(({ imageId, manifest }) =>
      manifest === undefined
        ? []
        : [
            {
              registryId: repository.accountId,
              repositoryName: repository.name,
              imageId,
              imageManifest: manifest.body.toString(),
              imageManifestMediaType: manifest.mediaType,
            },
          ],
    ),
    failures: found.flatMap(({ asked, manifest }) =>
      manifest === undefined
        ? [{ imageId: asked, failureCode: "ImageNotFound", failureReason: "Requested image not found" }]
        : [],
    ),
  };
};

const ACTIONS: Readonly<Record<string, (call: ServiceCall) => Answer>> = {
  GetAuthorizationToken: getAuthorizationToken,
  DescribeRepositories: describeRepositories,
  ListImages: listImages,
  BatchGetImage: batchGetImage,
  DescribeRegistry: (call) => {
    demand(call, "ecr:DescribeRegistry", "*");
    return { registryId: accountOfCall(call), replicationConfiguration: { rules: [] } };
  },
};

const argumentsOf = (request: WireRequest): Record<string, unknown> => {
  try {
    return JSON.parse(request.body.toString() || "{}") as Record<string, unknown>;
  } catch {
    return {};
  }
};

export const ecr: Service = {
  name: "ecr",
  identify: (request) => ({
    action: (request.headers["x-amz-target"] ?? "").replace(ECR_TARGET, ""),
    parameters: argumentsOf(request),
  }),
  unsigned: () => false,
  throttling: { code: "ThrottlingException", status: 400 },
  failure: jsonFailure(400),
  render: renderJson,
  handle: (call) => {
    const perform = Object.hasOwn(ACTIONS, call.action) ? ACTIONS[call.action] : undefined;
    if (perform === undefined) throw new Refusal("UnknownOperationException", `Unknown operation ${call.action}`);
    return json(perform(call), 200, "application/x-amz-json-1.1");
  },
};
