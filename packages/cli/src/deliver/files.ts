/** Other programs' configuration files: locked while edited, replaced in one step, with their mode and through their links. */
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { KeywrightError } from "@keywright/core/errors";

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? "";

/** Follows links to the end, also to a file that is not there yet. */
export const targetOf = (path: string): string => {
  let at = resolve(path);
  for (let hops = 0; hops < 32; hops++) {
    try {
      if (!lstatSync(at).isSymbolicLink()) return at;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return at;
      throw unusable(path, error);
    }
    at = resolve(dirname(at), readlinkSync(at));
  }
  throw new KeywrightError("conflict", `${path} is a link that leads nowhere.`, { hint: "Mend the link." });
};

const unusable = (path: string, cause: unknown): KeywrightError =>
  KeywrightError.is(cause)
    ? cause
    : new KeywrightError("conflict", `${path} cannot be edited (${codeOf(cause) || (cause as Error).message}).`, {
        hint: "Check its owner and mode, and the room on the disk. Nothing was changed.",
        cause,
      });

export const readText = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw unusable(path, error);
  }
};

/** Written beside it, then renamed over it: readers see the old text or the new one. */
export const replaceFile = (path: string, text: string, mode = 0o600): void => {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  let before: { mode: number; uid: number; gid: number } | null = null;
  try {
    before = statSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw unusable(path, error);
  }
  try {
    const handle = openSync(draft, "wx", before ? before.mode & 0o777 : mode);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (before && process.getuid?.() === 0) chownSync(draft, before.uid, before.gid);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw unusable(path, error);
  }
};

const staleMs = 30_000;
const waitMs = 10_000;
/** `FILE.lock`, made anew or not at all: the lock that kubectl takes on a kubeconfig, too. */
const lock = async (path: string): Promise<() => void> => {
  const file = `${path}.lock`;
  const since = Date.now();
  for (;;) {
    try {
      closeSync(openSync(file, "wx", 0o600));
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw unusable(path, error);
    }
    try {
      if (Date.now() - statSync(file).mtimeMs > staleMs) unlinkSync(file);
    } catch {
      // Its holder was done in the meantime.
    }
    if (Date.now() - since > waitMs) {
      throw new KeywrightError("conflict", `${path} is locked by another program.`, {
        hint: `If none is running: rm ${file}`,
        retryable: true,
      });
    }
    await sleep(25 + Math.random() * 25);
  }
};

/** `edit` sees the text, null where there is no file, and answers the new one; null removes the file. */
export const editFile = async (path: string, edit: (text: string | null) => string | null): Promise<void> => {
  const file = targetOf(path);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(path, error);
  }
  const unlock = await lock(file);
  try {
    const before = readText(file);
    const after = edit(before);
    if (after === before) return;
    if (after === null) rmSync(file, { force: true });
    else replaceFile(file, after);
  } finally {
    unlock();
  }
};
