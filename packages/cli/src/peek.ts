/** Glances at the state, read-only and without a broker: for completion and for commands that must start at once. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Environment } from "@keywright/broker";

/** As `homeOf` of the broker, which would load SQLite and the sealing along with it; null where there is no home. */
export const stateFileOf = (environment: Environment): string | null => {
  const set = environment["KEYWRIGHT_HOME"] ?? "";
  const home = homedir();
  const data = environment["XDG_DATA_HOME"];
  const folder =
    set !== ""
      ? resolve(set)
      : process.platform === "darwin"
        ? join(home, "Library", "Application Support", "keywright")
        : process.platform === "win32"
          ? join(environment["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "keywright")
          : join(data !== undefined && isAbsolute(data) ? data : join(home, ".local", "share"), "keywright");
  const file = join(folder, "keywright.db");
  return existsSync(file) ? file : null;
};

/** Rows of one column; none where there is no state, or one that a look does not open. */
const column = (environment: Environment, sql: string): string[] => {
  const file = stateFileOf(environment);
  if (file === null) return [];
  try {
    const { DatabaseSync } = createRequire(import.meta.url)("node:sqlite") as typeof import("node:sqlite");
    const database: DatabaseSync = new DatabaseSync(file, { readOnly: true, timeout: 200 });
    try {
      return database
        .prepare(sql)
        .all()
        .flatMap((row) => Object.values(row).map(String));
    } finally {
      database.close();
    }
  } catch {
    return [];
  }
};
export const recordedPlugins = (environment: Environment): string[] =>
  column(environment, "SELECT directory FROM plugins ORDER BY package").filter((directory) => existsSync(directory));
export const connectorNames = (environment: Environment): string[] =>
  column(environment, "SELECT name FROM connectors ORDER BY name");
