import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { KeywrightError, Redacted, type SecretStoreRuntime } from "@keywright/core";
import type { localStore } from "../declaration.ts";

type Row = { path: string; version: number; labels: string; sealed: Uint8Array };
const schema = `CREATE TABLE IF NOT EXISTS secrets (
  path TEXT PRIMARY KEY, version INTEGER NOT NULL, labels TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID`;

/** SQLite's reason, as one of our codes. https://www.sqlite.org/rescode.html */
const failed = (cause: unknown, directory: string): KeywrightError => {
  if (KeywrightError.is(cause)) return cause;
  const code = (cause as { errcode?: number }).errcode ?? 0;
  const damaged = (code & 0xff) === 11 || (code & 0xff) === 26;
  return new KeywrightError(
    damaged ? "state-corrupt" : "state-unavailable",
    damaged
      ? `The secret store in ${directory} is damaged.`
      : `The secret store in ${directory} cannot be used: ${(cause as Error).message}.`,
    {
      hint: damaged
        ? "Restore the folder from a backup."
        : "Check that the disk has room and that the folder is yours to write.",
      cause,
    },
  );
};

export default {
  open: async ({ config, sealer }) => {
    const guarded = <T>(work: () => T): T => {
      try {
        return work();
      } catch (cause) {
        throw failed(cause, config.directory);
      }
    };
    const database = guarded(() => {
      mkdirSync(config.directory, { recursive: true, mode: 0o700 });
      const opened = new DatabaseSync(join(config.directory, "secrets.db"), { timeout: 10_000 });
      opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
      opened.exec(schema);
      return opened;
    });
    const select = database.prepare("SELECT path, version, labels, sealed FROM secrets WHERE path = ?");
    const find = (path: string) => select.get(path) as Row | undefined;
    const within = <T>(work: () => T): T =>
      guarded(() => {
        database.exec("BEGIN IMMEDIATE");
        try {
          const result = work();
          database.exec("COMMIT");
          return result;
        } catch (error) {
          database.exec("ROLLBACK");
          throw error;
        }
      });
    const identity = (path: string, version: number) => [path, String(version)];
    return {
      read: async (path) =>
        guarded(() => {
          const row = find(path);
          if (!row) return null;
          const plain = Buffer.from(sealer.unseal(identity(path, row.version), row.sealed)).toString("utf8");
          const values = JSON.parse(plain) as Record<string, string>;
          return {
            values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, new Redacted(value)])),
            version: String(row.version),
            labels: JSON.parse(row.labels) as Record<string, string>,
          };
        }),
      write: async (path, secret, expected) =>
        within(() => {
          const before = find(path);
          if ((before ? String(before.version) : null) !== expected) {
            throw new KeywrightError("conflict", `${path} was changed by somebody else.`, {
              hint: "Read it again, then write.",
            });
          }
          const version = (before?.version ?? 0) + 1;
          const plain = JSON.stringify(
            Object.fromEntries(Object.entries(secret.values).map(([key, value]) => [key, value.reveal()])),
          );
          const sealed = sealer.seal(identity(path, version), Buffer.from(plain, "utf8"));
          database
            .prepare(
              `INSERT INTO secrets (path, version, labels, sealed) VALUES (?, ?, ?, ?)
               ON CONFLICT (path) DO UPDATE SET version = excluded.version, labels = excluded.labels, sealed = excluded.sealed`,
            )
            .run(path, version, JSON.stringify(secret.labels), sealed);
          return { version: String(version) };
        }),
      remove: async (path) =>
        guarded(() => database.prepare("DELETE FROM secrets WHERE path = ?").run(path).changes > 0),
      async *list(prefix) {
        const next = database.prepare("SELECT path, labels FROM secrets WHERE path > ? ORDER BY path LIMIT 500");
        for (let after = ""; ;) {
          const page = guarded(() => next.all(after) as Pick<Row, "path" | "labels">[]);
          for (const { path, labels } of page) {
            if (path.startsWith(prefix)) yield { path, labels: JSON.parse(labels) as Record<string, string> };
            after = path;
          }
          if (page.length < 500) return;
        }
      },
      // One row a transaction: a kill leaves each row under one key or the other, and the next run goes on.
      reseal: async () => {
        let resealed = 0;
        for (const { path } of database.prepare("SELECT path FROM secrets").all() as { path: string }[]) {
          resealed += within(() => {
            const row = find(path);
            if (!row || sealer.keyIdOf(row.sealed) === sealer.keyId) return 0;
            const plain = sealer.unseal(identity(path, row.version), row.sealed);
            const sealed = sealer.seal(identity(path, row.version), plain);
            database
              .prepare("UPDATE secrets SET sealed = ? WHERE path = ? AND version = ?")
              .run(sealed, path, row.version);
            return 1;
          });
        }
        return { resealed };
      },
      close: () => database.close(),
    };
  },
} satisfies SecretStoreRuntime<typeof localStore>;
