/** How a store behaves when many write at once, when its backend fails, and what it says on the way. */
import { setTimeout as wait } from "node:timers/promises";
import { KeywrightError } from "@keywright/core";
import { keyRing, newKey } from "@keywright/seal";
import { ensure, failureOf, named, succeeds } from "../plugin/ensure.ts";
import { faultTable } from "../plugin/fault-checks.ts";
import { asPrinted, holdsSecret } from "../plugin/secret-traces.ts";
import { type AnyStore, revealed, secretOf, type StoreBench } from "./bench.ts";
import { same, type StoreCheck } from "./check.ts";
import type { StoreTestOptions } from "./options.ts";

type Operation = {
  readonly name: "read" | "write" | "remove" | "list";
  run(bench: StoreBench, store: AnyStore, signal?: AbortSignal): Promise<unknown>;
};
const operations: readonly Operation[] = [
  { name: "read", run: ({ call }, store, signal) => store.read("kept", call(signal)) },
  {
    name: "write",
    run: ({ call }, store, signal) => store.write("fresh", secretOf({ key: "canary-of-a-value" }), null, call(signal)),
  },
  { name: "remove", run: ({ call }, store, signal) => store.remove("kept", call(signal)) },
  {
    name: "list",
    run: async ({ call }, store, signal) => {
      const found: string[] = [];
      for await (const { path } of store.list("", call(signal))) found.push(path);
      return found;
    },
  },
];
const keep = (bench: StoreBench, store: AnyStore) =>
  bench.run(() => store.write("kept", secretOf({ key: "canary-of-a-value" }), null, bench.call()));
const canary = "canary-of-a-value";

const race = async (bench: StoreBench, store: AnyStore, writers: number): Promise<void> => {
  const { run, call } = bench;
  let { version } = await run(() => store.write("raced", secretOf({ count: "0" }), null, call()));
  let [won, rounds] = [0, 0];
  while (won < 3 && rounds++ < 5) {
    const at = version;
    const results = await Promise.allSettled(
      Array.from({ length: writers }, (_, index) =>
        run(() => store.write("raced", secretOf({ count: `${rounds}-${index}` }), at, call())),
      ),
    );
    const winners = results.filter((one) => one.status === "fulfilled");
    ensure(winners.length > 0, `Of ${writers} writers of one version none wins. One must.`);
    ensure(
      winners.length === 1,
      `Of ${writers} writers of one version ${winners.length} win, so all but the last are lost without a word. Compare \`expected\` in the same step as the write, or take "compare-and-set" out of \`features\`.`,
    );
    for (const one of results)
      ensure(
        one.status === "fulfilled" || (KeywrightError.is(one.reason) && one.reason.code === "conflict"),
        `A lost race ends with ${one.status === "rejected" ? named(one.reason) : ""}, not conflict. Whoever lost reads again and writes.`,
      );
    const found = await run(() => store.read("raced", call()));
    ensure(found?.version === winners[0]?.value.version, "After a race the version is not the winner's.");
    version = found?.version ?? "";
    won += 1;
  }
};

const fault = (name: Operation["name"], row: (typeof faultTable)[number]): StoreCheck => ({
  name: `${name} when the backend is ${row.fault}`,
  ...(name === "read" && { readable: true as const }),
  run: async (bench, store) => {
    const { cloud } = bench.world;
    const operation = operations.find((one) => one.name === name);
    if (!cloud || !operation) return;
    await keep(bench, store);
    const undo = cloud.fault(row.fault);
    let told: unknown;
    const error = await failureOf(async () => (told = await bench.run(() => operation.run(bench, store))));
    undo();
    ensure(
      error !== undefined,
      `${name} yields ${JSON.stringify(told)} when the backend is ${row.fault}. Throw ${row.codes[0]}: "absent" and "none" are said only when it is so.`,
    );
    // A store answers for itself: a login that lapsed and one that is not known may be told alike.
    const codes = row.fault === "expired" ? [...row.codes, "credential-rejected"] : row.codes;
    ensure(
      KeywrightError.is(error) && codes.includes(error.code),
      `${name} ends with ${named(error)} when the backend is ${row.fault}, not ${codes.join(" or ")}: ${row.why}.`,
    );
    ensure(error.hint, `${name} ends with ${error.code} and no hint. Say what to do next.`);
    if (row.retryable)
      ensure(
        error.retryable,
        `${name} ends with a ${error.code} that is not retryable. Set retryable: true, because ${row.why}.`,
      );
    ensure(
      !holdsSecret(asPrinted(error), [canary, ...(bench.world.secrets ?? [])]),
      `The error of ${name} when ${row.fault} shows a secret (message, hint, data or cause). Name paths, never values.`,
    );
    const after = revealed(await bench.run(() => store.read("kept", bench.call())));
    ensure(
      same(after, { key: canary }),
      `A ${name} that failed because the backend is ${row.fault} changed another secret, or lost it.`,
    );
  },
});

const stops = (name: Operation["name"], limit: number): StoreCheck => ({
  name: `${name} stops at its abort`,
  ...(name === "read" && { readable: true as const }),
  run: async (bench, store) => {
    const { cloud } = bench.world;
    const operation = operations.find((one) => one.name === name);
    if (!cloud || !operation) return;
    await keep(bench, store);
    const undo = cloud.fault("hang");
    const before = cloud.requests().length;
    const controller = new AbortController();
    const end: { at: number | null } = { at: null };
    const ended = failureOf(() => bench.run(() => operation.run(bench, store, controller.signal))).then((error) => {
      end.at = performance.now();
      return error;
    });
    for (let waited = 0; end.at === null && waited < 2000 && cloud.requests().length === before; waited += 5)
      await wait(5);
    const at = performance.now();
    controller.abort();
    await Promise.race([ended, wait(limit + 400)]);
    undo();
    const took = (end.at ?? Number.POSITIVE_INFINITY) - at;
    ensure(
      took <= limit,
      `${name} goes on ${Number.isFinite(took) ? `${Math.round(took)} ms` : "for good"} after its signal aborted; ${limit} ms are allowed. Pass call.signal to every request.`,
    );
    const error = await ended;
    ensure(error !== undefined, `${name} succeeds after its signal aborted. Let the abort through.`);
    ensure(
      !KeywrightError.is(error) || error.code === "cancelled",
      `${name} calls its own abort ${named(error)}. Let an AbortError through as it is.`,
    );
  },
});

const reseals = async (bench: StoreBench, store: AnyStore): Promise<void> => {
  const { run, call, open, ring } = bench;
  if (!store.reseal) return;
  for (const path of ["a", "b", "c"]) await run(() => store.write(path, secretOf({ key: path }), null, call()));
  const both = keyRing(newKey(), [ring.current]);
  const again = await open(bench.world.config, both);
  const done = await succeeds("reseal", () => run(async () => again.reseal?.(call())));
  ensure(
    done?.resealed === 3,
    `reseal says ${String(done?.resealed)} of 3 secrets. Seal anew what another key sealed, and count it.`,
  );
  const twice = await run(async () => again.reseal?.(call()));
  ensure(
    twice?.resealed === 0,
    "A second reseal seals again what is sealed under the current key. Look at keyIdOf first: it is resumed after a kill.",
  );
  const alone = await open(bench.world.config, keyRing(both.current));
  for (const path of ["a", "b", "c"])
    ensure(
      same(revealed(await succeeds("Reading under the new key alone", () => run(() => alone.read(path, call())))), {
        key: path,
      }),
      "After reseal a secret does not open with the new key alone.",
    );
};
const undecryptable = async (bench: StoreBench, store: AnyStore): Promise<void> => {
  if (!store.reseal) return;
  await keep(bench, store);
  const stranger = await bench.open(bench.world.config, keyRing(newKey()));
  const error = await failureOf(() => bench.run(() => stranger.read("kept", bench.call())));
  ensure(
    error !== undefined,
    'Under another key a secret reads as absent or opens. Throw what unseal throws: "cannot decrypt" is never "absent".',
  );
  ensure(
    KeywrightError.is(error) && ["key-wrong", "cannot-decrypt"].includes(error.code),
    `Under another key read ends with ${named(error)}, not key-wrong or cannot-decrypt. Let the sealer's error through.`,
  );
};

export const conductChecks = (options: StoreTestOptions): readonly StoreCheck[] => [
  {
    name: "of many who write one version, one wins",
    readable: true,
    run: async (bench, store) => {
      if (bench.type.features.includes("compare-and-set")) await race(bench, store, options.writers ?? 100);
    },
  },
  ...operations.flatMap(({ name }) => [
    ...faultTable.map((row) => fault(name, row)),
    stops(name, options.abortWithin ?? 100),
  ]),
  {
    name: "every dial goes through call.network, and nothing is printed",
    run: async (bench, store) => {
      await keep(bench, store);
      for (const operation of operations) await failureOf(() => bench.run(() => operation.run(bench, store)));
      const [dialled] = bench.watch.dialled;
      ensure(
        dialled === undefined,
        `The store dials ${dialled} past call.network. Use call.network.fetch, its agents or connect: one policy guards them.`,
      );
      const [refused] = bench.refused;
      ensure(
        refused === undefined,
        `${refused} Take the address from the configuration, and let the operator allow it.`,
      );
      ensure(
        !holdsSecret(bench.watch.printed.join("\n"), [canary, ...(bench.world.secrets ?? [])]),
        "The store prints a secret. Print nothing; a host has its own log.",
      );
    },
  },
  { name: "is sealed anew under a new key, once", readable: true, run: reseals },
  { name: "what cannot be decrypted is not absent", readable: true, run: undecryptable },
];
