import { clusterKey } from "./eks.ts";
import { repositoryKey } from "./ecr.ts";
import type { OidcProvider, Role, User } from "./identity.ts";
import type { PolicyDocument } from "./policy.ts";
import { storeObject } from "./s3-objects.ts";
import { accountOf, issueAccessKey, type Bucket, type Cluster, type Repository, type State } from "./state.ts";

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface UserInput {
  name: string;
  policies?: PolicyDocument[];
  path?: string;
  /** The ARN of an MFA device, and the six digits that it shows, always. Both or neither. */
  mfaSerial?: string;
  mfaSecretCode?: string;
  tags?: Record<string, string>;
}

export interface RoleInput {
  name: string;
  trust: PolicyDocument;
  policies?: PolicyDocument[];
  path?: string;
  /** Longest session in seconds, 3600 (default) to 43200. */
  maxSessionSeconds?: number;
  tags?: Record<string, string>;
}

export interface BucketInput {
  name: string;
  region?: string;
  objects?: Record<string, string | Buffer>;
  /** A bucket policy: resource-based, with principals. */
  policy?: PolicyDocument;
}

/** What the console of one account would do. Everything takes effect at the next request. */
export interface AccountControls {
  accountId: string;
  createUser(input: UserInput): AccessKey & { arn: string; userId: string };
  updateUser(name: string, changes: { policies?: PolicyDocument[] }): void;
  deleteUser(name: string): void;
  createAccessKey(userName: string): AccessKey;
  deactivateKey(accessKeyId: string): void;
  activateKey(accessKeyId: string): void;
  deleteAccessKey(accessKeyId: string): void;
  createRole(input: RoleInput): { arn: string; roleId: string };
  updateRole(name: string, changes: Partial<Pick<RoleInput, "trust" | "policies" | "maxSessionSeconds">>): void;
  deleteRole(name: string): void;
  addOidcProvider(input: { issuer: string; jwks: OidcProvider["jwks"]; audiences: readonly string[] }): { arn: string };
  createBucket(input: BucketInput): Bucket;
  /** Throws when there is none. `objects` is the live state, by key. */
  bucket(name: string): Bucket;
  deleteBucket(name: string): void;
  createRepository(input: { name: string; region?: string }): Repository;
  repository(name: string, region?: string): Repository;
  createCluster(input: { name: string; region?: string; mappedArns?: Record<string, string> }): Cluster;
}

const found = <T>(value: T | undefined, what: string): T => {
  if (value === undefined) throw new Error(`The double has no ${what}.`);
  return value;
};

const identityControls = (state: State, accountId: string) => {
  const { partition, random } = state;
  const account = accountOf(state, accountId);
  const userNamed = (name: string): User => found(account.users.get(name), `user ${name}`);
  const keyPair = (owner: User): AccessKey => {
    const { accessKeyId, secretAccessKey } = issueAccessKey(state, owner);
    return { accessKeyId, secretAccessKey };
  };
  const setActive = (accessKeyId: string, active: boolean): void => {
    found(state.credentials.get(accessKeyId), `access key ${accessKeyId}`).active = active;
  };
  return {
    createUser: ({ name, policies = [], path = "/", mfaSerial, mfaSecretCode, tags = {} }: UserInput) => {
      const user: User = {
        kind: "user",
        accountId,
        name,
        path,
        id: `AIDA${random.base32(17)}`,
        arn: `arn:${partition}:iam::${accountId}:user${path}${name}`,
        policies,
        tags,
        ...(mfaSerial && mfaSecretCode ? { mfa: { serial: mfaSerial, code: mfaSecretCode } } : {}),
      };
      account.users.set(name, user);
      return { ...keyPair(user), arn: user.arn, userId: user.id };
    },
    updateUser: (name: string, changes: { policies?: PolicyDocument[] }) =>
      void Object.assign(userNamed(name), changes),
    deleteUser: (name: string) => void account.users.delete(userNamed(name).name),
    createAccessKey: (userName: string) => keyPair(userNamed(userName)),
    deactivateKey: (accessKeyId: string) => setActive(accessKeyId, false),
    activateKey: (accessKeyId: string) => setActive(accessKeyId, true),
    deleteAccessKey: (accessKeyId: string) => void state.credentials.delete(accessKeyId),
    createRole: ({ name, trust, policies = [], path = "/", maxSessionSeconds = 3600, tags = {} }: RoleInput) => {
      const role: Role = {
        kind: "role",
        accountId,
        name,
        path,
        id: `AROA${random.base32(17)}`,
        arn: `arn:${partition}:iam::${accountId}:role${path}${name}`,
        trust,
        policies,
        maxSessionSeconds,
        tags,
      };
      account.roles.set(name, role);
      return { arn: role.arn, roleId: role.id };
    },
    updateRole: (name: string, changes: Partial<Pick<RoleInput, "trust" | "policies" | "maxSessionSeconds">>) =>
      void Object.assign(found(account.roles.get(name), `role ${name}`), changes),
    deleteRole: (name: string) => void account.roles.delete(found(account.roles.get(name), `role ${name}`).name),
    addOidcProvider: (input: { issuer: string; jwks: OidcProvider["jwks"]; audiences: readonly string[] }) => {
      const host = input.issuer.replace(/^https:\/\//, "");
      const arn = `arn:${partition}:iam::${accountId}:oidc-provider/${host}`;
      account.oidcProviders.set(input.issuer, { ...input, arn, host });
      return { arn };
    },
  };
};

const resourceControls = (state: State, accountId: string) => {
  const { partition } = state;
  return {
    createBucket: ({ name, region = state.region, objects = {}, policy }: BucketInput) => {
      const createdAt = state.clock.now();
      const bucket: Bucket = { name, region, accountId, createdAt, objects: new Map(), ...(policy ? { policy } : {}) };
      for (const [key, body] of Object.entries(objects)) storeObject(bucket, key, Buffer.from(body), createdAt);
      state.buckets.set(name, bucket);
      return bucket;
    },
    bucket: (name: string) => found(state.buckets.get(name), `bucket ${name}`),
    deleteBucket: (name: string) => void state.buckets.delete(name),
    createRepository: ({ name, region = state.region }: { name: string; region?: string }) => {
      const repository: Repository = {
        name,
        region,
        accountId,
        arn: `arn:${partition}:ecr:${region}:${accountId}:repository/${name}`,
        createdAt: state.clock.now(),
        blobs: new Map(),
        manifests: new Map(),
        tags: new Map(),
      };
      state.repositories.set(repositoryKey(accountId, region, name), repository);
      return repository;
    },
    repository: (name: string, region = state.region) =>
      found(state.repositories.get(repositoryKey(accountId, region, name)), `repository ${name}`),
    createCluster: ({
      name,
      region = state.region,
      mappedArns = {},
    }: {
      name: string;
      region?: string;
      mappedArns?: Record<string, string>;
    }) => {
      const arn = `arn:${partition}:eks:${region}:${accountId}:cluster/${name}`;
      const cluster: Cluster = { name, region, accountId, arn, createdAt: state.clock.now(), mappedArns };
      state.clusters.set(clusterKey(accountId, region, name), cluster);
      return cluster;
    },
  };
};

export const createAccountControls = (state: State, accountId: string): AccountControls => {
  accountOf(state, accountId);
  return { accountId, ...identityControls(state, accountId), ...resourceControls(state, accountId) };
};
