/** The one SQLite file of a state folder: opened, migrated, and its failures put into words. No query builder here. */
import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { KeywrightError } from "@keywright/core/errors";
import { migrations } from "./migrations.ts";

export const stateFile = "keywright.db";
export type State = { readonly directory: string; readonly database: DatabaseSync; readonly close: () => void };

/** SQLite and file-system failures, as ours. https://www.sqlite.org/rescode.html */
export const stateFailure = (cause: unknown, directory: string): KeywrightError => {
  if (KeywrightError.is(cause)) return cause;
  const { errcode = 0, code = "", message } = cause as { errcode?: number; code?: string; message: string };
  const primary = errcode & 0xff;
  if (primary === 11 || primary === 26) {
    return new KeywrightError("state-corrupt", `The state in ${directory} is damaged (${message}).`, {
      hint: `Nothing was changed. Restore ${stateFile} from a backup, or move the folder away to begin anew.`,
      cause,
    });
  }
  const why =
    primary === 13 || code === "ENOSPC"
      ? "the disk is full"
      : primary === 8 || primary === 14 || ["EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT"].includes(code)
        ? "it cannot be written"
        : primary === 5 || primary === 6
          ? "another process keeps it locked"
          : message;
  return new KeywrightError("state-unavailable", `The state folder ${directory} cannot be used: ${why}.`, {
    hint: "Nothing was changed. Make room, or set KEYWRIGHT_HOME to a folder that is yours to write.",
    retryable: primary === 5,
    cause,
  });
};

const versionOf = (database: DatabaseSync) =>
  (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

const migrate = (database: DatabaseSync, directory: string) => {
  const newer = (version: number) =>
    new KeywrightError(
      "state-newer",
      `The state in ${directory} was written by a newer Keywright (form ${version}, this one knows ${migrations.length}).`,
      {
        hint: "Upgrade with npm install keywright@latest. Nothing was changed.",
      },
    );
  const before = versionOf(database);
  if (before > migrations.length) throw newer(before);
  if (before === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    // Read again under the lock: another process may have migrated meanwhile.
    const current = versionOf(database);
    if (current > migrations.length) throw newer(current);
    for (const step of migrations.slice(current)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
};

/** One level at a time: some file systems answer a recursive request for ever. */
const makeFolder = (directory: string): void => {
  const parent = dirname(directory);
  if (parent !== directory && !existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
};

/** `create: false` answers null where there is no state yet, and makes no folder. */
export const openState = (
  directory: string,
  options: { readonly create: boolean } = { create: true },
): State | null => {
  const file = join(directory, stateFile);
  if (!options.create && !existsSync(file)) return null;
  try {
    if (!existsSync(directory)) makeFolder(directory);
    // The folder holds sealed values and perhaps the key: it is its owner's alone.
    if ((statSync(directory).mode & 0o077) !== 0) chmodSync(directory, 0o700);
    const database = new DatabaseSync(file, { timeout: 10_000 });
    try {
      // FULL: what was committed survives a power cut; a grant is returned only after its audit row is durable.
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
      migrate(database, directory);
    } catch (error) {
      database.close();
      throw error;
    }
    return { directory, database, close: () => database.close() };
  } catch (cause) {
    throw stateFailure(cause, directory);
  }
};

const verbs = new WeakMap<DatabaseSync, { begin: StatementSync; commit: StatementSync; rollback: StatementSync }>();
/** Prepared once: a cached grant is one small transaction. */
const verbsOf = (database: DatabaseSync) => {
  const known = verbs.get(database);
  if (known) return known;
  const made = {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    rollback: database.prepare("ROLLBACK"),
  };
  verbs.set(database, made);
  return made;
};

/** All or nothing, one writer at a time. Nested calls join the outer one. */
export const transaction = <T>(state: Pick<State, "database" | "directory">, work: () => T): T => {
  const { database } = state;
  if (database.isTransaction) return work();
  const { begin, commit, rollback } = verbsOf(database);
  try {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      if (database.isTransaction) rollback.run();
      throw error;
    }
  } catch (cause) {
    throw stateFailure(cause, state.directory);
  }
};
