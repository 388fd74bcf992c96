/** Wrong secret stores, each by one thing, and the check that must catch it with the message it must say. */
import {
  type Call,
  KeywrightError,
  type Plugin,
  Redacted,
  type SecretStore,
  type SecretStoreType,
} from "@keywright/core";

type Store = SecretStore<SecretStoreType & { readonly readable: "readable" }>;
type Secret = Parameters<Store["write"]>[1];
/* oxlint-disable typescript/no-explicit-any -- a mutant is wrong on purpose: its types would be, too */
export type StoreMutant = {
  readonly name: string;
  readonly make: (twin: Plugin) => Plugin;
  readonly check: RegExp;
  readonly caughtBy: RegExp;
};

const change =
  (parts: {
    readonly type?: (type: any) => any;
    readonly store?: (real: Store, open: () => Promise<Store>) => Partial<Store>;
    readonly open?: (real: any) => any;
  }) =>
  (twin: Plugin): Plugin => {
    const [one] = twin.secretStores ?? [];
    if (!one) throw new Error("The twin has no store.");
    const load = async () => {
      const real = (await one.load()).default as { open(input: any, call: Call): Promise<Store> };
      const opened = parts.open ? parts.open(real) : real;
      return {
        default: {
          open: async (input: any, call: Call) => {
            const store = await opened.open(input, call);
            return {
              ...store,
              ...parts.store?.(store, () => real.open({ ...input, config: { ...input.config, prefix: "" } }, call)),
            };
          },
        },
      };
    };
    return { ...twin, secretStores: [{ type: parts.type ? parts.type(one.type) : one.type, load }] };
  };
const store = (how: (real: Store, wide: () => Promise<Store>) => Partial<Store>) => change({ store: how });
const mapped = (secret: Secret, how: (value: string, name: string) => string): Secret => ({
  ...secret,
  values: Object.fromEntries(
    Object.entries(secret.values).map(([name, value]) => [name, new Redacted(how(value.reveal(), name))]),
  ),
});
const unless = async <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (KeywrightError.is(error) && error.code === "access-denied") return otherwise;
    throw error;
  }
};
const recoded = (
  code: KeywrightError["code"],
  how: Partial<{ code: KeywrightError["code"]; retryable: boolean; hint: string }>,
) =>
  store((real) => ({
    read: async (path, call) => {
      try {
        return await real.read(path, call);
      } catch (error) {
        if (!KeywrightError.is(error) || error.code !== code) throw error;
        const hint = "hint" in how ? how.hint : error.hint;
        throw new KeywrightError(how.code ?? code, error.message, {
          ...(hint !== undefined && hint !== "" && { hint }),
          retryable: how.retryable ?? error.retryable,
        });
      }
    },
  }));
const endless = (call: Call): Call => ({ ...call, signal: new AbortController().signal });

export const storeMutants: readonly StoreMutant[] = [
  {
    name: "reads absent as empty",
    check: /what was never written is absent/,
    caughtBy: /yields a secret.*Return null/,
    make: store((real) => ({
      read: async (path, call) => (await real.read(path, call)) ?? { values: {}, version: "0", labels: {} },
    })),
  },
  {
    name: "fails on a second removal",
    check: /what is removed is gone/,
    caughtBy: /fails with resource-not-found|repeated after a kill/,
    make: store((real) => ({
      remove: async (path, call) => {
        if (await real.remove(path, call)) return true;
        throw new KeywrightError("resource-not-found", "There is none.", { hint: "x" });
      },
    })),
  },
  {
    name: "says true however often it removes",
    check: /what was never written is absent/,
    caughtBy: /Removing what was never written yields true/,
    make: store((real) => ({ remove: async (path, call) => (await real.remove(path, call)) || true })),
  },
  {
    name: "removes what is below, too",
    check: /what is removed is gone/,
    caughtBy: /removed the one below its path/,
    make: store((real) => ({
      remove: async (path, call) => {
        for await (const one of real.list(`${path}/`, call)) await real.remove(one.path, call);
        return real.remove(path, call);
      },
    })),
  },
  {
    name: "only hides what was removed",
    check: /what is removed is gone/,
    caughtBy: /fails with conflict|can still be read/,
    make: store((real) => {
      const hidden = new Set<string>();
      return {
        remove: async (path) => !hidden.has(path) && Boolean(hidden.add(path)),
        read: async (path, call) => (hidden.has(path) ? null : real.read(path, call)),
      };
    }),
  },
  {
    name: "overwrites what exists",
    check: /only the version it read/,
    caughtBy: /Creating a secret that exists succeeds/,
    make: store((real) => ({
      write: async (path, secret, expected, call) =>
        real.write(path, secret, expected ?? (await real.read(path, call))?.version ?? null, call),
    })),
  },
  {
    name: "ignores the version that it replaces",
    check: /only the version it read/,
    caughtBy: /no longer there succeeds/,
    make: store((real) => ({
      write: async (path, secret, expected, call) =>
        real.write(path, secret, expected === null ? null : ((await real.read(path, call))?.version ?? expected), call),
    })),
  },
  {
    name: "compares and writes in two steps",
    check: /of many who write one version/,
    caughtBy: /\d+ win/,
    make: store((real) => ({
      write: async (path, secret, expected, call) => {
        const there = await real.read(path, call);
        if ((there?.version ?? null) !== expected) throw new KeywrightError("conflict", "Changed.", { hint: "x" });
        // Whoever was faster in between is overwritten.
        for (;;) {
          try {
            return await real.write(path, secret, (await real.read(path, call))?.version ?? null, call);
          } catch (error) {
            if (!KeywrightError.is(error) || error.code !== "conflict") throw error;
          }
        }
      },
    })),
  },
  {
    name: "merges instead of replacing",
    check: /an update replaces the whole/,
    caughtBy: /leaves keys that it does not name/,
    make: store((real) => ({
      write: async (path, secret, expected, call) =>
        real.write(
          path,
          {
            ...secret,
            values: { ...(expected === null ? {} : (await real.read(path, call))?.values), ...secret.values },
          },
          expected,
          call,
        ),
    })),
  },
  {
    name: "trims values",
    check: /keeps spaces around/,
    caughtBy: /come back changed/,
    make: store((real) => ({
      write: (path, secret, expected, call) =>
        real.write(
          path,
          mapped(secret, (value) => value.trim()),
          expected,
          call,
        ),
    })),
  },
  {
    name: "drops empty values",
    check: /keeps an empty value/,
    caughtBy: /come back changed/,
    make: store((real) => ({
      write: (path, secret, expected, call) =>
        real.write(
          path,
          {
            ...secret,
            values: Object.fromEntries(Object.entries(secret.values).filter(([, value]) => value.reveal() !== "")),
          },
          expected,
          call,
        ),
    })),
  },
  {
    name: "keeps Latin letters alone",
    check: /keeps letters of every script/,
    caughtBy: /come back changed/,
    make: store((real) => ({
      write: (path, secret, expected, call) =>
        real.write(
          path,
          mapped(secret, (value) => Buffer.from(value, "latin1").toString("latin1")),
          expected,
          call,
        ),
    })),
  },
  {
    name: "cuts off what is too large",
    check: /keeps what its limits allow/,
    caughtBy: /cut off/,
    make: store((real) => ({
      write: (path, secret, expected, call) =>
        real.write(
          path,
          mapped(secret, (value) => value.slice(0, 8191)),
          expected,
          call,
        ),
    })),
  },
  {
    name: "declares more than the backend takes",
    check: /keeps what its limits allow/,
    caughtBy: /which `limits` allows, must succeed/,
    make: change({ type: (type) => ({ ...type, limits: { ...type.limits, valueBytes: 9000 } }) }),
  },
  {
    name: "hands out plain text",
    check: /what is written is read back/,
    caughtBy: /not Redacted/,
    make: store((real) => ({
      read: async (path, call) => {
        const found = await real.read(path, call);
        return (
          found && {
            ...found,
            values: Object.fromEntries(
              Object.entries(found.values).map(([name, value]) => [name, { reveal: () => value.reveal() } as never]),
            ),
          }
        );
      },
    })),
  },
  {
    name: "forgets labels",
    check: /what is written is read back/,
    caughtBy: /other labels than were written/,
    make: store((real) => ({
      write: (path, secret, expected, call) => real.write(path, { ...secret, labels: {} }, expected, call),
    })),
  },
  {
    name: "keeps secrets in memory",
    check: /what is written is read back/,
    caughtBy: /opened anew does not find/,
    make: store(() => {
      const kept = new Map<string, { values: Secret["values"]; labels: Secret["labels"]; version: string }>();
      return {
        read: async (path) => kept.get(path) ?? null,
        write: async (path, secret) => {
          kept.set(path, { ...secret, version: String(kept.size + 1) });
          return { version: String(kept.size) };
        },
      };
    }),
  },
  {
    name: "lists the first page only",
    check: /a list goes to the last page/,
    caughtBy: /yields 3 of 13/,
    make: store((real) => ({
      async *list(prefix, call) {
        let left = 3;
        for await (const one of real.list(prefix, call)) {
          if (left-- === 0) return;
          yield one;
        }
      },
    })),
  },
  {
    name: "takes a prefix without its slash",
    check: /keeps to its prefix/,
    caughtBy: /yields teams\/other/,
    make: store((real) => ({ list: (prefix, call) => real.list(prefix.replace(/\/$/, ""), call) })),
  },
  {
    name: "replaces what the backend may not like",
    check: /paths that look alike/,
    caughtBy: /fails with conflict|are one secret/,
    make: store((real) => {
      const safe = (path: string) => path.replaceAll(".", "_");
      return {
        write: (path, secret, expected, call) => real.write(safe(path), secret, expected, call),
        read: (path, call) => real.read(safe(path), call),
      };
    }),
  },
  {
    name: "makes names lower case",
    check: /paths that look alike/,
    caughtBy: /fails with conflict|are one secret/,
    make: store((real) => ({
      write: (path, secret, expected, call) => real.write(path.toLowerCase(), secret, expected, call),
      read: (path, call) => real.read(path.toLowerCase(), call),
    })),
  },
  {
    name: "sees past its scope",
    check: /another store on the same backend/,
    caughtBy: /reads what is not its own/,
    make: store((_, wide) => ({
      read: async (path, call) => (await wide()).read(path, call),
      write: async (path, secret, expected, call) => (await wide()).write(path, secret, expected, call),
    })),
  },
  {
    name: "lists past its scope",
    check: /another store on the same backend/,
    caughtBy: /lists what is not its own/,
    make: store((_, wide) => ({
      async *list(prefix, call) {
        yield* (await wide()).list(prefix, call);
      },
    })),
  },
  {
    name: "reads forbidden as absent",
    check: /^read when the backend is forbidden/,
    caughtBy: /yields null when the backend is forbidden/,
    make: store((real) => ({ read: (path, call) => unless(() => real.read(path, call), null) })),
  },
  {
    name: "lists nothing where it may not list",
    check: /^list when the backend is forbidden/,
    caughtBy: /yields \[\] when the backend is forbidden/,
    make: store((real) => ({
      async *list(prefix, call) {
        const found = await unless(async () => {
          const all: { path: string; labels: Readonly<Record<string, string>> }[] = [];
          for await (const one of real.list(prefix, call)) all.push(one);
          return all;
        }, []);
        yield* found;
      },
    })),
  },
  {
    name: "calls unreachable forbidden",
    check: /^read when the backend is unreachable/,
    caughtBy: /ends with access-denied/,
    make: recoded("provider-unavailable", { code: "access-denied" }),
  },
  {
    name: "does not say that patience helps",
    check: /^read when the backend is throttled/,
    caughtBy: /not retryable/,
    make: recoded("provider-throttled", { retryable: false }),
  },
  {
    name: "says not what to do",
    check: /^read when the backend is forbidden/,
    caughtBy: /no hint/,
    make: recoded("access-denied", { hint: "" }),
  },
  {
    name: "shows a value in an error",
    check: /^write when the backend is server-error/,
    caughtBy: /shows a secret/,
    make: store((real) => ({
      write: async (path, secret, expected, call) => {
        try {
          return await real.write(path, secret, expected, call);
        } catch (error) {
          if (!KeywrightError.is(error)) throw error;
          const value = Object.values(secret.values)[0]?.reveal() ?? "";
          throw new KeywrightError(
            error.code,
            `Could not write ${Buffer.from(`{"key":"${value}"}`).toString("base64")}.`,
            { hint: "x", retryable: error.retryable },
          );
        }
      },
    })),
  },
  {
    name: "removes, then writes",
    check: /^write when the backend is unreachable/,
    caughtBy: /changed another secret, or lost it|fails with/,
    make: store((real) => {
      const lost = new Set<string>();
      return {
        write: async (path, secret, expected, call) => {
          try {
            return await real.write(path, secret, expected, call);
          } catch (error) {
            lost.add("kept");
            throw error;
          }
        },
        read: async (path, call) => (lost.has(path) ? null : real.read(path, call)),
      };
    }),
  },
  {
    name: "ignores an abort",
    check: /^read stops at its abort/,
    caughtBy: /for good after its signal aborted/,
    make: store((real) => ({ read: (path, call) => real.read(path, endless(call)) })),
  },
  {
    name: "dials past the doors",
    check: /every dial goes through call\.network/,
    caughtBy: /past call\.network/,
    make: store((real) => ({
      read: (path, call) =>
        real.read(path, { ...call, network: { ...call.network, fetch: (input, init) => fetch(input, init) } }),
    })),
  },
  {
    name: "prints what it writes",
    check: /nothing is printed/,
    caughtBy: /prints a secret/,
    make: store((real) => ({
      write: (path, secret, expected, call) => {
        // oxlint-disable-next-line no-console -- that is what is wrong with it
        for (const value of Object.values(secret.values)) console.debug("writing", value.reveal());
        return real.write(path, secret, expected, call);
      },
    })),
  },
  {
    name: "takes configuration that nobody knows",
    check: /unknown configuration is refused/,
    caughtBy: /z\.strictObject/,
    make: change({ type: (type) => ({ ...type, config: type.config.loose() }) }),
  },
  {
    name: "has no room for main credentials",
    check: /limits and features hold/,
    caughtBy: /does not take connectors\/ID\/ID/,
    make: change({ type: (type) => ({ ...type, limits: { ...type.limits, path: "[a-z]+" } }) }),
  },
  {
    name: "declares write-only and reads",
    check: /limits and features hold/,
    caughtBy: /Declare it readable/,
    make: change({ type: (type) => ({ ...type, readable: "write-only" }) }),
  },
];
/* oxlint-enable typescript/no-explicit-any */
