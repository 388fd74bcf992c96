/** Ordered steps from an empty file to today's form; a step that has shipped is never edited. Times are ms since 1970. */
export const migrations: readonly string[] = [
  `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE plugins (
  package TEXT PRIMARY KEY, version TEXT NOT NULL, directory TEXT NOT NULL, entry TEXT NOT NULL,
  integrity TEXT NOT NULL, enabled_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE connectors (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL, auth_method TEXT NOT NULL,
  resource_types TEXT NOT NULL, resource_id TEXT, config TEXT NOT NULL, labels TEXT NOT NULL, description TEXT NOT NULL,
  facts TEXT NOT NULL, principal TEXT, verified_at INTEGER,
  secret_path TEXT, parent_path TEXT, parent_expires_at INTEGER,
  previous_path TEXT, previous_until INTEGER, previous_config TEXT,
  expires_at INTEGER, expires_skew_seconds INTEGER NOT NULL, lifetime_seconds INTEGER,
  allow_unconfined INTEGER NOT NULL, allow_main_credential INTEGER NOT NULL,
  allowed_endpoints TEXT NOT NULL, allowed_commands TEXT NOT NULL,
  version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Written before a secret is put into the store, removed with the commit of the row that names it: what is left is an orphan.
CREATE TABLE pending_secrets (path TEXT PRIMARY KEY, action TEXT NOT NULL, created_at INTEGER NOT NULL, pid INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  id TEXT PRIMARY KEY, cache_key TEXT NOT NULL, connector_id TEXT NOT NULL, connector_name TEXT NOT NULL,
  connector_version INTEGER NOT NULL, auth_method TEXT NOT NULL, resource_type TEXT NOT NULL, resource_id TEXT,
  access TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, caller TEXT NOT NULL, confinement TEXT,
  unconfined INTEGER NOT NULL, main_credential INTEGER NOT NULL, revocable INTEGER NOT NULL,
  lifetime_seconds INTEGER, lifetime_decided_by TEXT NOT NULL,
  issued_at INTEGER NOT NULL, expires_at INTEGER, refresh_after INTEGER, outlives_at INTEGER,
  handle TEXT, sealed BLOB, closed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_by_key ON grants (cache_key, status);
CREATE INDEX grants_by_connector ON grants (connector_id, status);
CREATE INDEX grants_by_time ON grants (issued_at);

-- A request as it was spelled → what it meant, for helpers that only look up.
CREATE TABLE lookups (
  spelled TEXT PRIMARY KEY, cache_key TEXT NOT NULL, connector_id TEXT NOT NULL, connector_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who mints for a key right now, and how the last one that failed did.
CREATE TABLE flights (
  cache_key TEXT PRIMARY KEY, owner TEXT, until INTEGER NOT NULL, failed_at INTEGER, failure TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
  connector TEXT, grant_id TEXT, detail TEXT NOT NULL, mac TEXT NOT NULL
) STRICT;
CREATE TABLE audit_head (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), seq INTEGER NOT NULL, mac TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
`,
  `
-- Two projects may each enable their own copy. What was recorded before had no hashes of files: it is enabled anew.
DROP TABLE plugins;
CREATE TABLE plugins (
  package TEXT NOT NULL, directory TEXT NOT NULL, version TEXT NOT NULL, entry TEXT NOT NULL, integrity TEXT NOT NULL,
  files TEXT, lock TEXT, enabled_at INTEGER NOT NULL, PRIMARY KEY (package, directory)
) STRICT, WITHOUT ROWID;
`,
];
