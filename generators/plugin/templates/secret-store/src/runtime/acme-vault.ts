import { readFile } from "node:fs/promises";
import { type Call, KeywrightError, Redacted, type SecretStoreRuntime } from "@keywright/core";
import type { acmeVault } from "../declaration/acme-vault.ts";
import { nonsense, refused, unreachable } from "./acme-vault-errors.ts";

type Kept = { readonly value: string; readonly version: string; readonly labels: Readonly<Record<string, string>> };
type Page = {
  readonly secrets?: readonly { readonly path: string; readonly labels?: Readonly<Record<string, string>> }[];
  readonly next?: string | null;
};
type Answer = { readonly status: number; readonly body: unknown };

const keyFrom = async (path: string): Promise<Redacted> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new KeywrightError("secret-missing", `The key file ${path} cannot be read.`, {
      hint: "Write `id:secret` into it, and let nobody else read it.",
      cause,
    });
  });
  return new Redacted(Buffer.from(text.trim()).toString("base64"));
};

export default {
  open: async ({ config }) => {
    const key = await keyFrom(config.keyFile);
    /** Answers in `expected` are the caller's to read; any other is thrown. */
    const ask = async (
      method: string,
      path: string,
      what: string,
      call: Call,
      {
        expected = [],
        headers = {},
        body,
      }: { expected?: readonly number[]; headers?: Record<string, string>; body?: object } = {},
    ): Promise<Answer> => {
      try {
        const response = await call.network.fetch(new URL(path, config.endpoint), {
          method,
          signal: call.signal,
          headers: { authorization: `Basic ${key.reveal()}`, "content-type": "application/json", ...headers },
          ...(body && { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        let answer: unknown = {};
        try {
          answer = text === "" ? {} : JSON.parse(text);
        } catch {
          if (response.ok) throw nonsense(what);
        }
        if (!response.ok && !expected.includes(response.status)) throw refused(response.status, answer as object, what);
        return { status: response.status, body: answer };
      } catch (cause) {
        throw unreachable(cause, what);
      }
    };
    const at = (path: string) => `/v1/secrets/${(config.prefix + path).split("/").map(encodeURIComponent).join("/")}`;
    return {
      // Null is "absent" and nothing else: whatever went wrong is thrown.
      read: async (path, call) => {
        const what = `read ${path}`;
        const { status, body } = await ask("GET", at(path), what, call, { expected: [404] });
        if (status === 404) return null;
        const { value, version, labels = {} } = body as Kept;
        if (typeof value !== "string" || typeof version !== "string") throw nonsense(what);
        const values = Object.entries(JSON.parse(value) as Record<string, string>);
        return { values: Object.fromEntries(values.map(([name, one]) => [name, new Redacted(one)])), version, labels };
      },

      write: async (path, secret, expected, call) => {
        const values = Object.entries(secret.values).map(([name, one]) => [name, one.reveal()] as const);
        const bytes = values.reduce((sum, [name, one]) => sum + Buffer.byteLength(name) + Buffer.byteLength(one), 0);
        if (bytes > 8192)
          throw new KeywrightError("secret-invalid", `${path} has ${bytes} bytes; the vault takes 8192.`, {
            hint: "Keep large values elsewhere, and their address here.",
          });
        const what = `write ${path}`;
        const { body } = await ask("PUT", at(path), what, call, {
          headers: expected === null ? { "if-none-match": "*" } : { "if-match": `"${expected}"` },
          body: { value: JSON.stringify(Object.fromEntries(values)), labels: secret.labels },
        });
        const { version } = body as { readonly version?: string };
        if (typeof version !== "string") throw nonsense(what);
        return { version };
      },

      remove: async (path, call) => {
        const { status } = await ask("DELETE", at(path), `remove ${path}`, call, { expected: [404] });
        return status !== 404;
      },

      async *list(prefix, call) {
        for (let after: string | null = null; ;) {
          const query = new URLSearchParams({ prefix: config.prefix + prefix, ...(after !== null && { after }) });
          const { body } = await ask("GET", `/v1/secrets?${query.toString()}`, "list secrets", call);
          const page = body as Page;
          if (!Array.isArray(page.secrets)) throw nonsense("list secrets");
          for (const { path, labels = {} } of page.secrets) yield { path: path.slice(config.prefix.length), labels };
          after = page.next ?? null;
          if (after === null) return;
        }
      },
    };
  },
} satisfies SecretStoreRuntime<typeof acmeVault>;
