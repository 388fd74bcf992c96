/** The same suite on LocalEmu, which knows ExternalId, GetCallerIdentity and GetFederationToken; it knows neither expiry nor s3:prefix. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { s3Narrowing } from "../suites/s3-narrowing.ts";
import { createBench, registerOn } from "../suites/target.ts";
import { hasLocalemu, localemuTarget } from "./services/localemu.ts";

if (hasLocalemu()) {
  s3Narrowing("S3 on LocalEmu", localemuTarget, ["iam-role", "federation-token", "secret-key"], {
    expires: false,
    prefixCondition: false,
  });
  describe("an external id", () => {
    let target: Awaited<ReturnType<typeof localemuTarget>>;
    let bench: Awaited<ReturnType<typeof createBench>>;
    beforeAll(async () => {
      target = await localemuTarget();
      bench = await createBench();
    });
    afterAll(async () => {
      await bench.close();
      await target.close();
    });
    it("opens the role; another one, or none, does not", async () => {
      const { connector } = await registerOn(bench.broker, target, "iam-role", { name: "right" });
      expect(connector.principal).toContain("assumed-role/kw/");
      for (const externalId of ["somebody-else", undefined]) {
        const { externalId: _right, ...rest } = (target.methods["iam-role"]?.config ?? {}) as { externalId?: string };
        const other = {
          ...target,
          methods: {
            "iam-role": {
              ...target.methods["iam-role"],
              config: { ...rest, ...(externalId !== undefined && { externalId }) },
            },
          },
        };
        const failed = registerOn(bench.broker, other, "iam-role", { name: "wrong" });
        await expect(failed).rejects.toMatchObject({ code: "verification-failed" });
      }
    });
    it("the caller of a key is who the provider says", async () => {
      const { connector } = await registerOn(bench.broker, target, "secret-key", { name: "user" });
      expect(connector.principal).toMatch(/^arn:aws:iam::\d{12}:user\/kw$/);
    });
  });
} else {
  describe("LocalEmu", () => {
    it("is here: install it with test/real/install.sh, and run as root", () => {
      expect(process.env["CI"], "LocalEmu is missing").toBeUndefined();
    });
  });
}
