import type { PolicyDocument } from "./policy.ts";

/** An IAM user. Policies and MFA may be changed in place; they are read anew at every request. */
export interface User {
  kind: "user";
  accountId: string;
  name: string;
  path: string;
  id: string;
  arn: string;
  policies: PolicyDocument[];
  mfa?: { serial: string; code: string };
  tags: Record<string, string>;
}

export interface Role {
  kind: "role";
  accountId: string;
  name: string;
  path: string;
  id: string;
  arn: string;
  trust: PolicyDocument;
  policies: PolicyDocument[];
  maxSessionSeconds: number;
  tags: Record<string, string>;
}

export interface OidcProvider {
  issuer: string;
  arn: string;
  /** `issuer` without `https://`: the prefix of condition keys. */
  host: string;
  audiences: readonly string[];
  jwks: { keys: readonly Record<string, unknown>[] };
}

export interface Account {
  id: string;
  users: Map<string, User>;
  roles: Map<string, Role>;
  oidcProviders: Map<string, OidcProvider>;
}

/** What STS hands out, and whom it stands for. */
export interface Session {
  kind: "assumed-role" | "user-session" | "federated-user";
  name: string;
  arn: string;
  userId: string;
  expiresAt: Date;
  issuedAt: Date;
  mfaAt?: Date;
  /** Absent: the session is as wide as its source. */
  policies?: readonly PolicyDocument[];
  tags: Record<string, string>;
  transitiveTagKeys: readonly string[];
  sourceIdentity?: string;
  /** Condition keys of the identity provider, e.g. `issuer:sub`. */
  federation?: Record<string, readonly string[]>;
}

export interface Credential {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  active: boolean;
  owner: User | Role;
  session?: Session;
}

/** The principal of one request: its ARN as GetCallerIdentity and the policies see it. */
export const callerArn = (credential: Credential): string =>
  credential.session && credential.session.kind !== "user-session" ? credential.session.arn : credential.owner.arn;

export const callerUserId = (credential: Credential): string =>
  credential.session && credential.session.kind !== "user-session" ? credential.session.userId : credential.owner.id;
