/** What goes in comes out: values, versions, absence. */
import { KeywrightError, Redacted } from "@keywright/core";
import { ensure, failureOf, named, succeeds } from "../plugin/ensure.ts";
import { revealed, secretOf } from "./bench.ts";
import { type StoreCheck, same } from "./check.ts";

/** Names and values as somebody has them. */
const hostile: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "an empty value": { key: "" },
  "line breaks and tabs": { pem: "-----BEGIN KEY-----\r\nabc\n\tdef\n-----END KEY-----\n" },
  "letters of every script": { grüße: "naïve — 日本語 — 🗝️ — \u0000 end" },
  "quotes and braces": { json: '{"a": "b", "c": ["\\"", "${HOME}", "{{x.y}}", "%s"]}' },
  "names that objects have": { constructor: "a", toString: "b", hasOwnProperty: "c" },
  "spaces around": { password: "  spaced  ", " padded ": "x" },
  "base64 and hex": { blob: Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString("base64") },
};

const conflict = async (what: string, work: () => Promise<unknown>): Promise<void> => {
  const error = await failureOf(work);
  ensure(
    error !== undefined,
    `${what} succeeds. Refuse it with conflict, because it would lose what somebody else wrote.`,
  );
  ensure(
    KeywrightError.is(error) && error.code === "conflict",
    `${what} ends with ${named(error)}, not conflict. Compare \`expected\` with the version that is there, in the same step as the write.`,
  );
};

export const valueChecks: readonly StoreCheck[] = [
  {
    name: "what was never written is absent",
    readable: true,
    run: async ({ run, call }, store) => {
      const found = await succeeds("Reading what was never written", () => run(() => store.read("some/where", call())));
      ensure(found === null, 'Reading what was never written yields a secret. Return null: that is "absent".');
      const removed = await succeeds("Removing what was never written", () =>
        run(() => store.remove("some/where", call())),
      );
      ensure(removed === false, "Removing what was never written yields true. Return false: there was none.");
    },
  },
  {
    name: "what is written is read back",
    readable: true,
    run: async ({ run, call, open, type }, store) => {
      const labels = type.features.includes("labels") ? { team: "ml", "kw.schema": "postgres" } : {};
      const { version } = await succeeds("Creating a secret", () =>
        run(() => store.write("team/db", secretOf({ user: "ada", password: "p" }, labels), null, call())),
      );
      ensure(
        typeof version === "string" && version !== "",
        "write yields no version. Return the one that `expected` will be compared with.",
      );
      for (const [where, reader] of [
        ["the store that wrote it", store],
        ["a store opened anew", await open()],
      ] as const) {
        const found = await succeeds("Reading a secret", () => run(() => reader.read("team/db", call())));
        ensure(found, `${where} does not find what was written. Nothing may be kept in memory alone.`);
        ensure(
          same(revealed(found), { user: "ada", password: "p" }),
          `${where} reads other values than were written. Keep them word for word.`,
        );
        ensure(
          found.version === version,
          `${where} reads version ${found.version}; write said ${version}. They are compared, so they must be the same text.`,
        );
        ensure(
          same(found.labels, labels),
          `${where} reads other labels than were written. Keep them, or take "labels" out of \`features\`.`,
        );
        ensure(
          Object.values(found.values).every((value) => value instanceof Redacted),
          "read yields values that are not Redacted. Wrap each, so that none is printed by mistake.",
        );
      }
    },
  },
  ...Object.entries(hostile).map(([what, values]): StoreCheck => ({
    name: `keeps ${what}`,
    readable: true,
    run: async ({ run, call }, store) => {
      await succeeds(`Writing ${what}`, () => run(() => store.write("a", secretOf(values), null, call())));
      const found = revealed(await succeeds(`Reading ${what}`, () => run(() => store.read("a", call()))));
      ensure(
        same(found, values),
        `${what} come back changed. Keep names and values word for word, whatever is in them.`,
      );
    },
  })),
  {
    name: "an update replaces the whole, and only the version it read",
    readable: true,
    run: async ({ run, call, type }, store) => {
      const write = (values: Record<string, string>, expected: string | null) =>
        run(() => store.write("a/b", secretOf(values), expected, call()));
      const first = await succeeds("Creating a secret", () => write({ one: "1", two: "2" }, null));
      const second = await succeeds("Updating a secret", () => write({ two: "3" }, first.version));
      ensure(
        second.version !== first.version,
        "An update yields the version that was there before. Each write makes a new one.",
      );
      ensure(
        same(revealed(await run(() => store.read("a/b", call()))), { two: "3" }),
        "An update leaves keys that it does not name. Write the whole map: what is left out is gone.",
      );
      if (!type.features.includes("compare-and-set")) return;
      await conflict("Updating a version that is no longer there", () => write({ lost: "x" }, first.version));
      await conflict("Creating a secret that exists", () => write({ lost: "x" }, null));
      await conflict("Updating a secret that does not exist", () =>
        run(() => store.write("never", secretOf({ a: "b" }), "1", call())),
      );
      ensure(
        same(revealed(await run(() => store.read("a/b", call()))), { two: "3" }),
        "A write that was refused changed the secret. Compare and write in one step.",
      );
      ensure(
        (await run(() => store.read("never", call()))) === null,
        "An update of what does not exist made it. Refuse it with conflict.",
      );
    },
  },
  {
    name: "what is removed is gone, and its name is free",
    readable: true,
    run: async ({ run, call }, store) => {
      const write = (value: string) => run(() => store.write("a", secretOf({ key: value }), null, call()));
      await succeeds("Creating a secret", () => write("first"));
      await run(() => store.write("a/below", secretOf({ key: "kept" }), null, call()));
      ensure(
        (await succeeds("Removing a secret", () => run(() => store.remove("a", call())))) === true,
        "Removing a secret yields false. Return true: there was one.",
      );
      ensure(
        (await run(() => store.remove("a", call()))) === false,
        "Removing a second time yields true. Return false, and do not fail: it may be repeated after a kill.",
      );
      ensure(
        (await run(() => store.read("a", call()))) === null,
        "What was removed can still be read. Remove it for good.",
      );
      ensure(
        same(revealed(await run(() => store.read("a/below", call()))), { key: "kept" }),
        "Removing a secret removed the one below its path. Remove this path alone.",
      );
      await succeeds("Creating a secret under a name that was free again", () => write("second"));
      ensure(
        same(revealed(await run(() => store.read("a", call()))), { key: "second" }),
        "A name that was free again has its old value.",
      );
    },
  },
  {
    name: "keeps what its limits allow, and refuses a byte more or keeps it whole",
    readable: true,
    run: async ({ run, call, type }, store) => {
      const write = (path: string, bytes: number) =>
        run(() => store.write(path, secretOf({ k: "v".repeat(bytes - 1) }), null, call()));
      const { valueBytes } = type.limits;
      await succeeds(`Writing ${valueBytes} bytes, which \`limits\` allows,`, () => write("whole", valueBytes));
      ensure(
        revealed(await run(() => store.read("whole", call())))?.["k"]?.length === valueBytes - 1,
        `${valueBytes} bytes, which \`limits\` allows, come back shorter. Lower the limit, or keep them whole.`,
      );
      const error = await failureOf(() => write("over", valueBytes + 1));
      const found = revealed(await run(() => store.read("over", call())));
      if (error === undefined)
        return ensure(
          found?.["k"]?.length === valueBytes,
          "A byte more than `limits` allows is cut off. Refuse it with secret-invalid.",
        );
      ensure(
        KeywrightError.is(error) && ["secret-invalid", "config-invalid"].includes(error.code),
        `A byte more than \`limits\` allows ends with ${named(error)}. Refuse it with secret-invalid, and name the limit.`,
      );
      ensure(found === null, "What was refused for its size is there all the same.");
    },
  },
];
