/**
 * Main credentials, kept by the secret store in two phases: an intent is committed, the value is written, the row that names
 * it is committed together with the end of the intent. A kill leaves an intent, and the next start sweeps what it names.
 */
import {
  type Call,
  KeywrightError,
  Redacted,
  revealAll,
  type SecretStore,
  type SecretStoreType,
} from "@keywright/core";
import type { Context } from "./context.ts";
import { isAlive } from "./ids.ts";
import { keyInfo } from "./key.ts";
import { transaction } from "./state.ts";
import { all, from, run } from "./tables.ts";

type Fields = Readonly<Record<string, unknown>>;

const intend = (context: Context, path: string, action: "create" | "remove") =>
  void run(
    context.state,
    from
      .insertInto("pending_secrets")
      .values({ path, action, created_at: Date.now(), pid: process.pid })
      .onConflict((on) => on.column("path").doUpdateSet({ action, pid: process.pid })),
  );
const settled = (context: Context, path: string) =>
  void run(context.state, from.deleteFrom("pending_secrets").where("path", "=", path));

/** What is sealed under a key that another process has rotated away would open for nobody. Call within a transaction. */
export const checkKey = (context: Context): void => {
  if (keyInfo(context.state)?.id === context.ring.current.id) return;
  throw new KeywrightError("key-wrong", "The sealing key was rotated meanwhile. Nothing was saved.", {
    hint: "Start this process anew; it then reads the new key.",
  });
};

export type Kept = { readonly path: string; readonly values: Fields };

/**
 * Keeps values under new paths and runs `commit` in the transaction that makes them its own. If that fails, nothing is left.
 */
export const keepWith = async <T>(context: Context, kept: readonly Kept[], call: Call, commit: () => T): Promise<T> => {
  context.checkpoint("secret.intend");
  transaction(context.state, () => {
    for (const { path } of kept) intend(context, path, "create");
  });
  const store = kept.length > 0 ? await context.store() : null;
  try {
    for (const { path, values } of kept) {
      context.checkpoint("secret.write");
      const plain = Object.entries(revealAll(values) as Fields).filter(([, value]) => value !== undefined);
      // JSON keeps numbers and lists apart from the text that a store holds.
      const texts = Object.fromEntries(plain.map(([key, value]) => [key, new Redacted(JSON.stringify(value))]));
      await store?.write(path, { values: texts, labels: { owner: "connector" } }, null, call);
      context.checkpoint("secret.written");
    }
    const result = transaction(context.state, () => {
      context.checkpoint("row.write");
      if (kept.length > 0) checkKey(context);
      const made = commit();
      for (const { path } of kept) settled(context, path);
      context.checkpoint("row.written");
      return made;
    });
    context.checkpoint("committed");
    return result;
  } catch (error) {
    for (const { path } of kept) {
      await store?.remove(path, call).then(
        () => settled(context, path),
        () => undefined,
      );
    }
    throw error;
  }
};

/** In the transaction that stops naming the paths: from then on they are orphans. */
export const forsake = (context: Context, paths: readonly (string | null)[]): void => {
  for (const path of paths) if (path !== null) intend(context, path, "remove");
};

/** Removes what was forsaken, and what a process that is gone left behind. */
export const sweep = async (context: Context, call: Call): Promise<number> => {
  const pending = all(context.state, from.selectFrom("pending_secrets").selectAll());
  let removed = 0;
  for (const { path, action, pid } of pending) {
    if (action === "create" && pid !== process.pid && isAlive(pid)) continue;
    if (action === "create" && pid === process.pid) continue;
    const store = await context.store();
    context.checkpoint("sweep");
    await store.remove(path, call);
    settled(context, path);
    removed += 1;
  }
  return removed;
};
/** Plain values; the caller wraps secrets by schema. Absent is an error here: a connector names what must be there. */
export const readKept = async (context: Context, path: string, what: string, call: Call): Promise<Fields> => {
  const store = await context.store();
  const { read } = store as Partial<SecretStore<SecretStoreType & { readable: "readable" }>>;
  if (!read)
    throw new KeywrightError("unsupported", "The secret store cannot be read back.", {
      hint: "Keep main credentials in another one.",
    });
  const found = await read.call(store, path, call);
  if (!found) {
    throw new KeywrightError("secret-missing", `The stored credential of ${what} is not in its secret store.`, {
      hint: `Give it again: keywright connector rotate ${what}`,
    });
  }
  return Object.fromEntries(
    Object.entries(found.values).map(([key, value]) => [key, JSON.parse(value.reveal()) as unknown]),
  );
};
