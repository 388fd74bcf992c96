/** A stored connector as callers see it: never a secret. */
import type { ConnectorRow } from "./tables.ts";

export type Connector = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly authMethod: string;
  readonly resourceTypes: readonly string[];
  /** Canonical; null: every resource of its types. */
  readonly resourceId: string | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string;
  readonly facts: Readonly<Record<string, string>>;
  /** Who the provider said it is, when it was last verified. */
  readonly principal: string | null;
  readonly verifiedAt: string | null;
  /** When the stored credential itself ends, for pre-issued ones. */
  readonly expiresAt: string | null;
  readonly expiresSkewSeconds: number;
  /** When the session behind a dialogue (MFA, device code) ends. */
  readonly authenticatedUntil: string | null;
  readonly lifetimeSeconds: number | null;
  readonly allowUnconfined: boolean;
  readonly allowMainCredential: boolean;
  readonly allowedEndpoints: readonly string[];
  readonly allowedCommands: readonly string[];
  /** An older main credential is kept for a rollback until then. */
  readonly previousUntil: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
export const connectorOf = (row: ConnectorRow): Connector => ({
  id: row.id,
  name: row.name,
  type: row.type,
  authMethod: row.auth_method,
  resourceTypes: JSON.parse(row.resource_types) as string[],
  resourceId: row.resource_id,
  config: JSON.parse(row.config) as Record<string, unknown>,
  labels: JSON.parse(row.labels) as Record<string, string>,
  description: row.description,
  facts: JSON.parse(row.facts) as Record<string, string>,
  principal: row.principal,
  verifiedAt: time(row.verified_at),
  expiresAt: time(row.expires_at),
  expiresSkewSeconds: row.expires_skew_seconds,
  authenticatedUntil: time(row.parent_expires_at),
  lifetimeSeconds: row.lifetime_seconds,
  allowUnconfined: row.allow_unconfined === 1,
  allowMainCredential: row.allow_main_credential === 1,
  allowedEndpoints: JSON.parse(row.allowed_endpoints) as string[],
  allowedCommands: JSON.parse(row.allowed_commands) as string[],
  previousUntil: time(row.previous_until),
  version: row.version,
  createdAt: new Date(row.created_at).toISOString(),
  updatedAt: new Date(row.updated_at).toISOString(),
});

/** The row of a connector; where its credentials are kept is told apart from what callers see. */
export const rowOf = (
  connector: Connector,
  paths: Pick<
    ConnectorRow,
    "secret_path" | "parent_path" | "parent_expires_at" | "previous_path" | "previous_until" | "previous_config"
  >,
): ConnectorRow => ({
  id: connector.id,
  name: connector.name,
  type: connector.type,
  auth_method: connector.authMethod,
  resource_types: JSON.stringify(connector.resourceTypes),
  resource_id: connector.resourceId,
  config: JSON.stringify(connector.config),
  labels: JSON.stringify(connector.labels),
  description: connector.description,
  facts: JSON.stringify(connector.facts),
  principal: connector.principal,
  verified_at: connector.verifiedAt === null ? null : Date.parse(connector.verifiedAt),
  secret_path: paths.secret_path,
  parent_path: paths.parent_path,
  parent_expires_at: paths.parent_expires_at,
  previous_path: paths.previous_path,
  previous_until: paths.previous_until,
  previous_config: paths.previous_config,
  expires_at: connector.expiresAt === null ? null : Date.parse(connector.expiresAt),
  expires_skew_seconds: connector.expiresSkewSeconds,
  lifetime_seconds: connector.lifetimeSeconds,
  allow_unconfined: connector.allowUnconfined ? 1 : 0,
  allow_main_credential: connector.allowMainCredential ? 1 : 0,
  allowed_endpoints: JSON.stringify(connector.allowedEndpoints),
  allowed_commands: JSON.stringify(connector.allowedCommands),
  version: connector.version,
  created_at: Date.parse(connector.createdAt),
  updated_at: Date.parse(connector.updatedAt),
});
