/** A check that lacks its optional data says so, once the data is left out, and never otherwise. */
import { checksOf } from "@keywright/testkit";
import { expect, test, vi } from "vitest";
import { twin, twinOptions } from "./twin.ts";

const options = { ...twinOptions, runner: { describe: () => {}, it: () => {} } };
const bare: typeof options = {
  ...options,
  methods: Object.fromEntries(
    Object.entries(options.methods).map(([id, make]) => [
      id,
      async (cloud) => {
        const { config, secret } = await make(cloud);
        return { config, secret };
      },
    ]),
  ),
  resources: Object.fromEntries(
    Object.entries(options.resources).map(([id, make]) => [
      id,
      (cloud) => {
        const { inside, attempt } = make(cloud);
        return { inside, attempt };
      },
    ]),
  ),
};

const saidBy = async (given: typeof options): Promise<string> => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    for (const { run } of checksOf(twin, given)) await run();
    return log.mock.calls.flat().join("\n");
  } finally {
    log.mockRestore();
  }
};

test.each(["outside", "missing", "listed", "wrongSecret", "other"])("without %s, the log says so", async (name) => {
  expect(await saidBy(bare)).toMatch(new RegExp(`^not tried: .*: give \`${name}\``, "m"));
});
test("with everything given, nothing is left out", async () => {
  expect(await saidBy(options)).not.toContain("not tried");
});
