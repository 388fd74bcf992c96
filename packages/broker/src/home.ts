import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { KeywrightError } from "@keywright/core/errors";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The state folder: `KEYWRIGHT_HOME`, else the platform's folder for application data. */
export const homeOf = (environment: Environment): string => {
  const set = environment["KEYWRIGHT_HOME"];
  if (set !== undefined && set !== "") return resolve(set);
  const home = homedir();
  if (!isAbsolute(home) || !existsSync(home)) {
    throw new KeywrightError("state-unavailable", "There is no home folder to keep state in.", {
      hint: "Set KEYWRIGHT_HOME to a folder that is yours to write.",
    });
  }
  if (process.platform === "darwin") return join(home, "Library", "Application Support", "keywright");
  if (process.platform === "win32")
    return join(environment["LOCALAPPDATA"] ?? join(home, "AppData", "Local"), "keywright");
  const data = environment["XDG_DATA_HOME"];
  return join(data !== undefined && isAbsolute(data) ? data : join(home, ".local", "share"), "keywright");
};
