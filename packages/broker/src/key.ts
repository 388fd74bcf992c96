/** Where the sealing key comes from: chosen once, recorded with the key's id, never switched silently. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { KeywrightError } from "@keywright/core/errors";
import {
  decodeKey,
  encodeKey,
  type KeyRing,
  keyRing,
  newKey,
  seal,
  type SealKey,
  sealKey,
  unseal,
} from "@keywright/seal";
import type { Environment } from "./home.ts";
import { isAlive } from "./ids.ts";
import { type State, transaction } from "./state.ts";

export type KeySource = "environment" | "keyring" | "file";
export type KeyInfo = { readonly source: KeySource; readonly id: string; readonly from: string };

const keyFile = "key";
const service = "keywright";
const describe = (source: KeySource, directory: string) =>
  ({ environment: "KEYWRIGHT_KEY", keyring: "the OS keyring", file: join(directory, keyFile) })[source];

/** Keys stand one to a line, the current one first; older ones stay until everything is sealed anew. */
const parse = (text: string, from: string): SealKey[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => decodeKey(line, from));
const print = (keys: readonly SealKey[]) => `${keys.map(encodeKey).join("\n")}\n`;

type Keyring = { get(): string | null; set(text: string): void };
/** The persistent keyring of the platform, or null where none answers. The account names the state folder. */
const osKeyring = (directory: string): Keyring | null => {
  try {
    const { Entry } = createRequire(import.meta.url)("@napi-rs/keyring") as typeof import("@napi-rs/keyring");
    // Without the option Linux silently takes the kernel's keyring, which a reboot empties.
    const entry = new Entry(service, directory, { linux: { store: "secret-service" } });
    return { get: () => entry.getPassword() ?? null, set: (text) => entry.setPassword(text) };
  } catch {
    return null;
  }
};
const works = (ring: Keyring): boolean => {
  try {
    ring.get();
    return true;
  } catch {
    return false;
  }
};

const writeFile = (path: string, text: string, replace: boolean) => {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const handle = openSync(draft, "wx", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    if (replace) {
      // rename replaces atomically; link refuses to replace, so that two first starts agree on one key.
      renameSync(draft, path);
      return;
    }
    linkSync(draft, path);
    unlinkSync(draft);
  } catch (error) {
    unlinkSync(draft);
    if ((error as { code?: string }).code !== "EEXIST") throw error;
  }
};
const readFile = (path: string): string | null => {
  if (!existsSync(path)) return null;
  if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    throw new KeywrightError(
      "key-invalid",
      `${path} may be read by others (mode ${(statSync(path).mode & 0o777).toString(8)}).`,
      {
        hint: `Run chmod 600 ${path}, and think of the key as known to them.`,
      },
    );
  }
  return readFileSync(path, "utf8");
};

const load = (source: KeySource, directory: string, environment: Environment): SealKey[] => {
  const from = describe(source, directory);
  const text =
    source === "environment"
      ? (environment["KEYWRIGHT_KEY"] ?? null)
      : source === "file"
        ? readFile(join(directory, keyFile))
        : (osKeyring(directory)?.get() ?? null);
  if (text === null || text === "") {
    throw new KeywrightError("key-wrong", `This state was sealed with a key from ${from}, which is not there.`, {
      hint:
        source === "environment"
          ? "Set KEYWRIGHT_KEY as it was; the state is untouched."
          : "Restore it; the state is untouched.",
    });
  }
  if (source !== "environment") return parse(text, from);
  // While a rotation is under way both are given.
  const next = environment["KEYWRIGHT_NEW_KEY"] ?? "";
  return [decodeKey(text, from), ...(next === "" ? [] : [decodeKey(next, "KEYWRIGHT_NEW_KEY")])];
};

const meta = (state: State, key: string): string | null =>
  (state.database.prepare("SELECT value FROM meta WHERE key = ?").get(key) as { value: string } | undefined)?.value ??
  null;
const setMeta = (state: State, key: string, value: string) =>
  state.database
    .prepare("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
    .run(key, value);

const recorded = (state: State): KeyInfo | null => {
  const source = meta(state, "key.source") as KeySource | null;
  const id = meta(state, "key.id");
  return source && id ? { source, id, from: describe(source, state.directory) } : null;
};

/** Where the key of this state is, or null before there is one. */
export const keyInfo = (state: State): KeyInfo | null => recorded(state);

/**
 * The ring of this state. The first call chooses the source: `KEYWRIGHT_KEY`, else a persistent OS keyring, else a 0600
 * file. Later calls use that source alone; another key there is `key-wrong`.
 */
export const loadKeys = (state: State, environment: Environment): KeyRing => {
  const known = recorded(state) ?? choose(state, environment);
  if (known.source !== "environment" && (environment["KEYWRIGHT_KEY"] ?? "") !== "") {
    const given = decodeKey(environment["KEYWRIGHT_KEY"] ?? "", "KEYWRIGHT_KEY");
    if (given.id !== known.id) {
      throw new KeywrightError(
        "key-wrong",
        `KEYWRIGHT_KEY is key ${given.id}; this state is sealed with key ${known.id} from ${known.from}.`,
        {
          hint: "Unset KEYWRIGHT_KEY, or set KEYWRIGHT_HOME to the state that belongs to it.",
        },
      );
    }
  }
  const [current, ...older] = load(known.source, state.directory, environment);
  const wanted = [current, ...older].find((key) => key?.id === known.id);
  if (!current || !wanted) {
    throw new KeywrightError(
      "key-wrong",
      `${known.from} holds key ${current?.id ?? "none"}; this state is sealed with key ${known.id}.`,
      {
        hint: "Give Keywright the key that this state was made with. Nothing was changed.",
      },
    );
  }
  return keyRing(
    wanted,
    [current, ...older].filter((key) => key !== wanted),
  );
};

const choose = (state: State, environment: Environment): KeyInfo => {
  const { directory } = state;
  const given = environment["KEYWRIGHT_KEY"];
  const record = (source: KeySource, key: SealKey): KeyInfo =>
    transaction(state, () => {
      const known = recorded(state);
      if (known) return known;
      setMeta(state, "key.source", source);
      setMeta(state, "key.id", key.id);
      return { source, id: key.id, from: describe(source, directory) };
    });
  if (given !== undefined && given !== "") return record("environment", decodeKey(given, "KEYWRIGHT_KEY"));
  const file = join(directory, keyFile);
  if (!existsSync(file) && (environment["KEYWRIGHT_KEYRING"] ?? "auto") !== "off") {
    const ring = osKeyring(directory);
    if (ring && works(ring)) {
      const there = ring.get();
      const key = there === null ? newKey() : parse(there, "the OS keyring")[0];
      try {
        if (key && there === null) ring.set(print([key]));
        if (key && ring.get() !== null) return record("keyring", key);
      } catch {
        // A keyring that reads but does not keep is none.
      }
    }
  }
  if (!existsSync(file)) writeFile(file, print([newKey()]), false);
  const [key] = parse(readFile(file) ?? "", file);
  if (!key) throw new KeywrightError("key-invalid", `${file} holds no key.`, { hint: "Restore it from a backup." });
  return record("file", key);
};

const rotationMs = 10 * 60_000;
/** One rotation at a time: two would each forget the other's key. Ends with its process, or after ten minutes. */
export const beginRotation = (state: State): (() => void) => {
  const me = `${process.pid}:${Date.now()}:${randomBytes(4).toString("hex")}`;
  transaction(state, () => {
    const [pid = "", since = ""] = (meta(state, "key.rotating") ?? "").split(":");
    if (pid !== "" && isAlive(Number(pid)) && Number(since) > Date.now() - rotationMs) {
      throw new KeywrightError("conflict", `Process ${pid} is rotating the key of this state.`, {
        hint: "Wait until it is done.",
        retryable: true,
      });
    }
    setMeta(state, "key.rotating", me);
  });
  return () => void state.database.prepare("DELETE FROM meta WHERE key = 'key.rotating' AND value = ?").run(me);
};

/** Puts a new key in front. `commit` is called with the new ring once the source holds both keys. */
export const addKey = (
  state: State,
  environment: Environment,
  replacement?: string,
): { ring: KeyRing; info: KeyInfo } => {
  const known = recorded(state);
  if (!known)
    throw new KeywrightError("usage", "There is no key yet.", { hint: "It is made with the first connector." });
  const ring = loadKeys(state, environment);
  if (known.source === "environment") {
    if (replacement === undefined) {
      throw new KeywrightError(
        "usage",
        "The key of this state comes from KEYWRIGHT_KEY, so the new one must be given.",
        {
          hint: "Set KEYWRIGHT_NEW_KEY to 32 random bytes in base64url, then run this again.",
        },
      );
    }
    const key = decodeKey(replacement, "KEYWRIGHT_NEW_KEY");
    return { ring: keyRing(key, [...ring.keys.values()]), info: { ...known, id: key.id } };
  }
  const key = sealKey(randomBytes(32));
  const keys = [key, ...ring.keys.values()];
  storeKeys(known.source, state.directory, keys);
  return { ring: keyRing(key, [...ring.keys.values()]), info: { ...known, id: key.id } };
};
/**
 * The key of the audit chain: random, kept sealed beside the rows, so that whoever can write the file cannot make a row up,
 * and a rotation of the sealing key leaves the chain as it is.
 */
export const auditKeyOf = (state: State, ring: KeyRing): Uint8Array => {
  const kept = meta(state, "audit.key");
  if (kept !== null) return unseal(ring, ["audit key"], Buffer.from(kept, "base64"));
  return transaction(state, () => {
    if (meta(state, "audit.key") !== null) return auditKeyOf(state, ring);
    const key = randomBytes(32);
    setMeta(state, "audit.key", seal(ring, ["audit key"], key).toString("base64"));
    return key;
  });
};
export const resealAuditKey = (state: State, ring: KeyRing): void =>
  void setMeta(state, "audit.key", seal(ring, ["audit key"], auditKeyOf(state, ring)).toString("base64"));

export const recordKey = (state: State, id: string): void => void setMeta(state, "key.id", id);

const storeKeys = (source: KeySource, directory: string, keys: readonly SealKey[]) => {
  if (source === "file") writeFile(join(directory, keyFile), print(keys), true);
  if (source === "keyring") osKeyring(directory)?.set(print(keys));
};
/** After everything is sealed anew: forgets the keys that nothing names any more. */
export const dropOldKeys = (state: State, ring: KeyRing, keep: ReadonlySet<string>): void => {
  const known = recorded(state);
  if (known)
    storeKeys(known.source, state.directory, [
      ring.current,
      ...[...ring.keys.values()].filter((key) => key !== ring.current && keep.has(key.id)),
    ]);
};
