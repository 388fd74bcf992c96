import type { DoubleClock } from "./clock.ts";
import type { Account, Credential, Session } from "./identity.ts";
import type { Random } from "./random.ts";
import type { PolicyDocument } from "./policy.ts";

export type ServiceName = "sts" | "s3" | "ecr" | "eks" | "sso" | "sso-oidc" | "registry" | "kubernetes";

/** One request that the double answered. Nothing in it is a secret. */
export interface RecordedCall {
  at: Date;
  service: ServiceName;
  action: string;
  /** The region of the credential scope; null when the request was not signed. */
  region: string | null;
  principalArn: string | null;
  sessionName: string | null;
  accessKeyId: string | null;
  parameters: Record<string, unknown>;
  status: number;
  errorCode: string | null;
}

/** What to do to the next matching requests instead of answering them. */
export interface Fault {
  service?: ServiceName;
  /** E.g. `AssumeRole`; absent: every action. */
  action?: string;
  /** How many requests it meets; default 1. */
  times?: number;
  /** HTTP status of the error; default by code. */
  status?: number;
  /** Error code; default the service's throttling error. A fault with only `delayMs` answers normally after it. */
  code?: string;
  message?: string;
  /** Real milliseconds to wait first. */
  delayMs?: number;
  /** Cut the connection instead of answering. */
  reset?: boolean;
}

export interface StoredObject {
  body: Buffer;
  contentType: string;
  etag: string;
  lastModified: Date;
  metadata: Record<string, string>;
}

export interface Bucket {
  name: string;
  region: string;
  accountId: string;
  createdAt: Date;
  objects: Map<string, StoredObject>;
  policy?: PolicyDocument;
}

export interface Repository {
  name: string;
  region: string;
  accountId: string;
  arn: string;
  createdAt: Date;
  /** Blobs and manifests by digest. */
  blobs: Map<string, Buffer>;
  manifests: Map<string, { body: Buffer; mediaType: string }>;
  /** Digest by tag. */
  tags: Map<string, string>;
}

export interface Cluster {
  name: string;
  region: string;
  accountId: string;
  arn: string;
  createdAt: Date;
  /** Kubernetes user name by IAM user or role ARN: the cluster's access entries. */
  mappedArns: Record<string, string>;
}

export interface PermissionSet {
  startUrl: string;
  accountId: string;
  accountName: string;
  roleName: string;
  policies: PolicyDocument[];
  sessionSeconds: number;
}

export interface DeviceAuthorization {
  deviceCode: string;
  userCode: string;
  clientId: string;
  startUrl: string;
  expiresAt: Date;
  intervalSeconds: number;
  lastPollAt?: Date;
  state: "pending" | "approved" | "denied" | "used";
}

export interface SsoToken {
  startUrl: string;
  clientId: string;
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
  refreshExpiresAt: Date;
  refreshUsed: boolean;
}

export interface SsoState {
  autoApprove: boolean;
  /** Seconds that an access token lives. */
  accessTokenSeconds: number;
  clients: Map<string, { secret: string; expiresAt: Date }>;
  devices: Map<string, DeviceAuthorization>;
  tokens: Map<string, SsoToken>;
  permissionSets: PermissionSet[];
}

/** An ECR login: it keeps the rights of whoever asked for it, and lives 12 hours whatever becomes of their session. */
export interface EcrLogin {
  password: string;
  credential: Credential;
  region: string;
  expiresAt: Date;
}

/** Everything the double knows. One per double; handlers change it in place. */
export interface State {
  partition: string;
  /** Where `createX` puts things by default. */
  region: string;
  accountId: string;
  /** Regions that exist and are enabled. */
  regions: Set<string>;
  /** Regions that exist but where STS is switched off. */
  disabledRegions: Set<string>;
  /** Allowed difference between a request's date and the clock, in seconds. */
  skewSeconds: number;
  /** The most entries in a page, whatever the caller asks; per action. */
  pageSizes: Record<string, number>;
  random: Random;
  /** Apart from `random`, so that the order of other requests does not change the keys that are handed out. */
  requestIds: Random;
  clock: DoubleClock;
  accounts: Map<string, Account>;
  credentials: Map<string, Credential>;
  buckets: Map<string, Bucket>;
  repositories: Map<string, Repository>;
  clusters: Map<string, Cluster>;
  logins: Map<string, EcrLogin>;
  sso: SsoState;
  calls: RecordedCall[];
  faults: (Fault & { times: number })[];
  registry: string;
  eksEndpoint: string;
  certificateAuthority: string;
}

export const accountOf = (state: State, id: string): Account => {
  const known = state.accounts.get(id);
  if (known !== undefined) return known;
  const account: Account = { id, users: new Map(), roles: new Map(), oidcProviders: new Map() };
  state.accounts.set(id, account);
  return account;
};

/** Does the user or role behind a credential still exist, as the same entity? */
export const ownerExists = (state: State, { owner }: Credential): boolean => {
  const account = state.accounts.get(owner.accountId);
  const current = owner.kind === "user" ? account?.users.get(owner.name) : account?.roles.get(owner.name);
  return current?.id === owner.id;
};

export const issueAccessKey = (state: State, owner: Credential["owner"]): Credential => {
  const credential: Credential = {
    accessKeyId: `AKIA${state.random.base32(16)}`,
    secretAccessKey: state.random.base64(30),
    active: true,
    owner,
  };
  state.credentials.set(credential.accessKeyId, credential);
  return credential;
};

export const issueSession = (
  state: State,
  owner: Credential["owner"],
  session: Session,
): Credential & { sessionToken: string; session: Session } => {
  const credential = {
    accessKeyId: `ASIA${state.random.base32(16)}`,
    secretAccessKey: state.random.base64(30),
    sessionToken: `IQoJb3JpZ2luX2Vj${state.random.base64(222)}`,
    active: true,
    owner,
    session,
  };
  state.credentials.set(credential.accessKeyId, credential);
  return credential;
};

/** One page of a list, and the token of the next. Tokens are the opaque form of an index. */
export const paginate = <T>(items: readonly T[], size: number, token?: string): { page: T[]; next?: string } => {
  const start = token ? Number(Buffer.from(token, "base64url").toString().replace("page:", "")) : 0;
  if (!Number.isInteger(start) || start < 0) throw new RangeError("unknown page token");
  const end = start + size;
  const next = end < items.length ? Buffer.from(`page:${end}`).toString("base64url") : undefined;
  return { page: items.slice(start, end), ...(next === undefined ? {} : { next }) };
};
