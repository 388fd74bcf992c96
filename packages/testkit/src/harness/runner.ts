/** Registers checks with a test runner: vitest's, node:test's, or any that has `describe` and `it`. */

export type Runner = {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
};
/** One assertion about a plugin, as something that can be run. */
export type RunnableCheck = { readonly name: string; run(): Promise<void> };

/** `skip`: name of a check, with `*` for any part of it → the reason. */
export type Skips = Readonly<Record<string, string>>;

const fits = (pattern: string, name: string): boolean =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replaceAll(/[.+?^$()|[\]{}\\]/g, String.raw`\$&`))
      .join(".*")}$`,
  ).test(name);

/** A skipped check stays in the list, under a name that says why; a skip that fits nothing is a failure. */
export const register = (title: string, checks: readonly RunnableCheck[], runner: Runner, skip: Skips = {}): void => {
  runner.describe(title, () => {
    for (const [pattern, reason] of Object.entries(skip)) {
      if (checks.some(({ name }) => fits(pattern, name))) continue;
      runner.it(`skip: ${pattern}`, async () => {
        throw new Error(`No check is called ${pattern}, so nothing is skipped (${reason}). Remove it from \`skip\`.`);
      });
    }
    for (const { name, run } of checks) {
      const reason = Object.entries(skip).find(([pattern]) => fits(pattern, name))?.[1];
      if (reason === undefined) runner.it(name, run);
      // oxlint-disable-next-line no-console -- what is left out must be seen
      else runner.it(`${name} (skipped: ${reason})`, async () => console.log(`skipped: ${name}: ${reason}`));
    }
  });
};
