/** The kit against wrong plugins: each must be caught by the check that is there for it, and the correct one by none. */
import { afterAll, describe, expect, test } from "vitest";
import { checksOf, ConformanceFailure } from "@keywright/testkit";
import { change } from "./change.ts";
import { mutants } from "./plugin-mutants.ts";
import { directory, twin, twinOptions } from "./twin.ts";

const runner = { describe: () => {}, it: () => {} };
const options = { ...twinOptions, runner };

test("the correct twin passes every check, and the kit is quick about it", async () => {
  const checks = checksOf(twin, { ...options, directory });
  const failed: string[] = [];
  const started = performance.now();
  for (const { name, run } of checks)
    await run().catch((error: unknown) =>
      failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`),
    );
  const took = performance.now() - started;
  expect(failed).toEqual([]);
  // oxlint-disable-next-line no-console -- the figure is wanted in the log
  console.log(`${checks.length} checks of the twin in ${Math.round(took)} ms`);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
});

/** Wall time in which at least one of the given functions is under way. */
const stopwatch = () => {
  let [active, since, total] = [0, 0, 0];
  const enter = () => void (active++ === 0 && (since = performance.now()));
  const leave = () => void (--active === 0 && (total += performance.now() - since));
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
  async function* streamed<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = items[Symbol.asyncIterator]();
    for (;;) {
      const next = await timed(() => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  }
  return { timed, streamed, total: () => total };
};
test("the kit adds less than a second to what the plugin and its cloud take", async () => {
  const { timed, streamed, total } = stopwatch();
  const watched = change({
    method: (real) => ({ open: (input, call) => timed(() => real.open(input, call)) }),
    resource: (real) => ({
      list: (session, call) => streamed(real.list(session, call)),
      verify: (session, target, call) => streamed(real.verify(session, target, call)),
      issue: (session, target, call) => timed(() => real.issue(session, target, call)),
      revoke: (session, target, handle, call) => timed(() => real.revoke(session, target, handle, call)),
    }),
  })(twin);
  const cloud: typeof options.cloud = async () => {
    const made = await timed(() => options.cloud());
    return { ...made, close: () => timed(() => made.close()) };
  };
  const started = performance.now();
  for (const { run } of checksOf(watched, { ...options, cloud })) await run();
  const overhead = performance.now() - started - total();
  // oxlint-disable-next-line no-console -- the figure is wanted in the log
  console.log(
    `the kit's own time: ${Math.round(overhead)} ms; the plugin's and its cloud's: ${Math.round(total())} ms`,
  );
  expect(overhead).toBeLessThan(1000);
});

describe("mutants", () => {
  const caught: string[] = [];
  // oxlint-disable-next-line no-console -- the table is the point
  afterAll(() => console.log(`${mutants.length} mutants\n${caught.join("\n")}`));
  test.each(mutants)("$name", async ({ name, make, check, caughtBy }) => {
    const mutant = make(twin);
    const checks = checksOf(mutant, options).filter((one) => check.test(one.name));
    expect(
      checks.map((one) => one.name),
      `no single check fits ${String(check)}`,
    ).toHaveLength(1);
    const [one] = checks;
    const error = await one?.run().then(
      () => undefined,
      (failure: unknown) => failure,
    );
    expect(error, `${name} survives ${one?.name}`).toBeInstanceOf(ConformanceFailure);
    expect((error as Error).message).toMatch(caughtBy);
    caught.push(`${name} → ${one?.name}`);
  });
});
