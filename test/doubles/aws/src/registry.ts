import { createHash } from "node:crypto";
import { authorize, denial } from "./authorize.ts";
import { repositoryKey } from "./ecr.ts";
import type { EcrLogin, Repository, State } from "./state.ts";
import { decode, Refusal, type WireRequest, type WireResponse } from "./wire.ts";

/** What each request of the registry protocol needs, in ECR's words. */
const PULL_MANIFEST = "ecr:BatchGetImage";
const PULL_BLOB = "ecr:GetDownloadUrlForLayer";
const CHECK_BLOB = "ecr:BatchCheckLayerAvailability";
const START_UPLOAD = "ecr:InitiateLayerUpload";
const UPLOAD_PART = "ecr:UploadLayerPart";
const END_UPLOAD = "ecr:CompleteLayerUpload";
const PUSH_MANIFEST = "ecr:PutImage";

interface RegistryCall {
  state: State;
  request: WireRequest;
  login: EcrLogin;
  name: string;
  /** Digest, tag or upload id: the end of the path. */
  reference: string;
}

type Perform = (call: RegistryCall) => WireResponse;

const uploadsOf = new WeakMap<State, Map<string, Buffer>>();
const uploads = (state: State): Map<string, Buffer> => {
  const known = uploadsOf.get(state) ?? new Map<string, Buffer>();
  uploadsOf.set(state, known);
  return known;
};

const digestOf = (data: Buffer): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;

/** The repository of a request, if the login may do `actions` to it. The login's region is the registry's. */
const repositoryFor = ({ state, request, login, name }: RegistryCall, ...actions: string[]): Repository => {
  const { accountId } = login.credential.owner;
  const resource = `arn:${state.partition}:ecr:${login.region}:${accountId}:repository/${name}`;
  for (const action of actions) {
    const question = { action, resource };
    // The login outlives its session: rights are looked up, the session's end is not.
    const decision = authorize(state, request, login.credential, question);
    if (!decision.allowed) {
      throw new Refusal("DENIED", denial(login.credential, question, decision.reason), 403);
    }
  }
  const repository = state.repositories.get(repositoryKey(accountId, login.region, name));
  if (repository === undefined) {
    throw new Refusal(
      "NAME_UNKNOWN",
      `The repository with name '${name}' does not exist in the registry with id '${accountId}'`,
      404,
    );
  }
  return repository;
};

const readManifest: Perform = (call) => {
  const repository = repositoryFor(call, PULL_MANIFEST);
  const digest = repository.tags.get(call.reference) ?? call.reference;
  const manifest = repository.manifests.get(digest);
  if (manifest === undefined) throw new Refusal("MANIFEST_UNKNOWN", "Requested image not found", 404);
  return {
    status: 200,
    headers: {
      "content-type": manifest.mediaType,
      "content-length": String(manifest.body.length),
      "docker-content-digest": digest,
    },
    body: manifest.body,
  };
};

const writeManifest: Perform = (call) => {
  const repository = repositoryFor(call, PUSH_MANIFEST);
  const { body, headers } = call.request;
  const digest = digestOf(body);
  if (call.reference.startsWith("sha256:") && call.reference !== digest) {
    throw new Refusal("DIGEST_INVALID", "The digest does not match the manifest.", 400);
  }
  const missing = referencedBlobs(body).find((blob) => !repository.blobs.has(blob));
  if (missing !== undefined) throw new Refusal("BLOB_UNKNOWN", `Layer ${missing} is not there.`, 404);
  repository.manifests.set(digest, { body, mediaType: headers["content-type"] ?? "application/json" });
  if (!call.reference.startsWith("sha256:")) repository.tags.set(call.reference, digest);
  return {
    status: 201,
    headers: { location: `/v2/${call.name}/manifests/${digest}`, "docker-content-digest": digest },
  };
};

const referencedBlobs = (manifest: Buffer): string[] => {
  try {
    const parsed = JSON.parse(manifest.toString()) as { config?: { digest?: string }; layers?: { digest?: string }[] };
    return [parsed.config, ...(parsed.layers ?? [])].flatMap((part) => (part?.digest ? [part.digest] : []));
  } catch {
    throw new Refusal("MANIFEST_INVALID", "The manifest is not JSON.", 400);
  }
};

const readBlob: Perform = (call) => {
  const repository = repositoryFor(call, call.request.method === "HEAD" ? CHECK_BLOB : PULL_BLOB);
  const blob = repository.blobs.get(call.reference);
  if (blob === undefined) throw new Refusal("BLOB_UNKNOWN", "blob unknown to registry", 404);
  return {
    status: 200,
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(blob.length),
      "docker-content-digest": call.reference,
    },
    body: blob,
  };
};

const startUpload: Perform = (call) => {
  const repository = repositoryFor(call, START_UPLOAD);
  const digest = call.request.query.get("digest");
  if (digest !== undefined) return storeBlob(call, repository, digest, call.request.body);
  const id = call.state.random.uuid();
  uploads(call.state).set(id, Buffer.alloc(0));
  return uploadStatus(call.name, id, 0, 202);
};

const uploadStatus = (name: string, id: string, size: number, status: number): WireResponse => ({
  status,
  headers: {
    location: `/v2/${name}/blobs/uploads/${id}`,
    "docker-upload-uuid": id,
    range: `0-${Math.max(0, size - 1)}`,
  },
});

const uploaded = ({ state, reference }: RegistryCall): Buffer => {
  const data = uploads(state).get(reference);
  if (data === undefined) throw new Refusal("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", 404);
  return data;
};

const appendUpload: Perform = (call) => {
  repositoryFor(call, UPLOAD_PART);
  const data = Buffer.concat([uploaded(call), call.request.body]);
  uploads(call.state).set(call.reference, data);
  return uploadStatus(call.name, call.reference, data.length, 202);
};

const finishUpload: Perform = (call) => {
  const repository = repositoryFor(call, END_UPLOAD, ...(call.request.body.length > 0 ? [UPLOAD_PART] : []));
  const data = Buffer.concat([uploaded(call), call.request.body]);
  uploads(call.state).delete(call.reference);
  return storeBlob(call, repository, call.request.query.get("digest") ?? "", data);
};

const storeBlob = (call: RegistryCall, repository: Repository, digest: string, data: Buffer): WireResponse => {
  if (digestOf(data) !== digest) throw new Refusal("DIGEST_INVALID", "provided digest did not match content", 400);
  repository.blobs.set(digest, data);
  return {
    status: 201,
    headers: { location: `/v2/${call.name}/blobs/${digest}`, "docker-content-digest": digest },
  };
};

const listTags: Perform = (call) => {
  const repository = repositoryFor(call, "ecr:ListImages");
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: call.name, tags: [...repository.tags.keys()].toSorted() }),
  };
};

/** Methods (`|`-separated), the path, and what to do; the first that fits. */
const ROUTES: readonly [methods: string, path: RegExp, action: string, perform: Perform][] = [
  ["GET|HEAD", /^\/v2\/(.+)\/manifests\/([^/]+)$/, "GetManifest", readManifest],
  ["PUT", /^\/v2\/(.+)\/manifests\/([^/]+)$/, "PutManifest", writeManifest],
  ["POST", /^\/v2\/(.+)\/blobs\/uploads\/?()$/, "StartUpload", startUpload],
  ["PATCH", /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/, "UploadChunk", appendUpload],
  ["PUT", /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/, "FinishUpload", finishUpload],
  ["GET|HEAD", /^\/v2\/(.+)\/blobs\/([^/]+)$/, "GetBlob", readBlob],
  ["GET", /^\/v2\/(.+)\/tags\/list()$/, "ListTags", listTags],
];

const matchRoute = ({ method, path }: WireRequest) => {
  for (const [methods, pattern, action, perform] of ROUTES) {
    const match = methods.split("|").includes(method) ? pattern.exec(path) : null;
    if (match) return { action, perform, name: decode(match[1] ?? ""), reference: decode(match[2] ?? "") };
  }
  return undefined;
};

export const registryAction = (request: WireRequest): { action: string; parameters: Record<string, unknown> } => {
  const route = matchRoute(request);
  return route === undefined
    ? { action: "Ping", parameters: {} }
    : { action: route.action, parameters: { repository: route.name, reference: route.reference } };
};

/** The login of a request by HTTP Basic; undefined when it has none that is good now. */
export const loginOf = (request: WireRequest, state: State): EcrLogin | undefined => {
  const [scheme, value = ""] = (request.headers["authorization"] ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic") return undefined;
  const [user, ...password] = Buffer.from(value, "base64").toString().split(":");
  const login = user === "AWS" ? state.logins.get(password.join(":")) : undefined;
  return login && login.expiresAt > state.clock.now() ? login : undefined;
};

export const answerRegistry = (request: WireRequest, state: State): WireResponse => {
  const login = loginOf(request, state);
  if (login === undefined) {
    const code = request.headers["authorization"] === undefined ? "UNAUTHORIZED" : "DENIED";
    const message =
      code === "DENIED" ? "Your authorization token has expired. Reauthenticate and try again." : "Not Authorized";
    throw new Refusal(
      code,
      message,
      401,
      {},
      {
        "www-authenticate": `Basic realm="http://${state.registry}/",service="ecr.amazonaws.com"`,
      },
    );
  }
  const route = matchRoute(request);
  if (route === undefined) {
    if (request.path !== "/v2/" && request.path !== "/v2") throw new Refusal("UNSUPPORTED", "No such route.", 404);
    return { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
  }
  return route.perform({ state, request, login, name: route.name, reference: route.reference });
};

export const renderRegistry = ({ code, message, status, headers }: Refusal): WireResponse => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ errors: [{ code, message }] }),
});
