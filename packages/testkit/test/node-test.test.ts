/** The kit needs no runner of its own choosing: the same suite on node:test. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("the twin passes under node:test", () => {
  const file = fileURLToPath(new URL("twin.node-test.ts", import.meta.url));
  // NODE_TEST_CONTEXT and vitest's own options are no business of the child.
  const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const { stdout, status } = spawnSync(
    process.execPath,
    ["--no-warnings", "--conditions=@keywright/source", "--test", "--test-reporter=tap", file],
    { encoding: "utf8", env, timeout: 60_000 },
  );
  const count = (what: string) => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(stdout)?.[1] ?? -1);
  expect([status, count("fail")], stdout.match(/^ *not ok.*$/gm)?.join("\n")).toEqual([0, 0]);
  expect(count("pass")).toBeGreaterThan(70);
});
