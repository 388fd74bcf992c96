/** The kit against wrong secret stores: each must be caught by the check that is there for it, and the correct one by none. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConformanceFailure, fableCloud, storeChecksOf, type StoreTestOptions } from "@keywright/testkit";
import { afterAll, describe, expect, test } from "vitest";
import twin from "../../../generators/plugin/templates/secret-store/src/index.ts";
import { mutants } from "./plugin-mutants.ts";
import { storeMutants } from "./store-mutants.ts";

const options: StoreTestOptions = {
  runner: { describe: () => {}, it: () => {} },
  writers: 20,
  world: async () => {
    const cloud = await fableCloud();
    const folder = mkdtempSync(join(tmpdir(), "kw-vault-"));
    const keyFile = join(folder, "key");
    writeFileSync(keyFile, `${cloud.fable.key.keyId}:${cloud.fable.key.keySecret}`);
    const config = { endpoint: cloud.fable.url, keyFile };
    return {
      cloud,
      config: { ...config, prefix: "team-a/" },
      other: { ...config, prefix: "team-b/" },
      secrets: [cloud.fable.key.keySecret],
      close: async () => {
        await cloud.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};

test("the correct twin passes every check", async () => {
  const checks = storeChecksOf(twin, "acme-vault", options);
  const failed: string[] = [];
  for (const { name, run } of checks)
    await run().catch((error: unknown) =>
      failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`),
    );
  expect(failed).toEqual([]);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
});
test("there are at least forty mutants", () => {
  expect(mutants.length + storeMutants.length).toBeGreaterThanOrEqual(40);
});

describe("mutants", () => {
  const caught: string[] = [];
  // oxlint-disable-next-line no-console -- the table is the point
  afterAll(() => console.log(`${storeMutants.length} store mutants\n${caught.join("\n")}`));
  test.each(storeMutants)("$name", async ({ name, make, check, caughtBy }) => {
    const checks = storeChecksOf(make(twin), "acme-vault", options).filter((one) => check.test(one.name));
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
