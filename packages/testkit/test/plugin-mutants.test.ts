/** The kit against wrong plugins: each must be caught by the check that is there for it, and the correct one by none. */
import { afterAll, describe, expect, test } from "vitest";
import { checksOf, ConformanceFailure } from "@keywright/testkit";
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
