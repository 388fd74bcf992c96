/** `npm start` as the README's reader runs it. */
import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
it("shows what it promises, twice in a row", async () => {
  for (let round = 0; round < 2; round++) {
    const started = performance.now();
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source", "test/demo/main.ts"],
      { cwd: root },
    );
    expect(performance.now() - started).toBeLessThan(60_000);
    const lines = [
      /✓ identity: sts:AssumeRole/,
      /✓ s3-bucket {2}s3:\/\/models/,
      /✓ grant \w{20}: read on s3:\/\/models for 900 s/,
      /✓ read {2}s3:\/\/models\/weights\.txt → "0\.1 0\.2 0\.3"/,
      /✗ write s3:\/\/models\/new\.txt → AccessDenied \(403\)/,
      /✗ read {2}s3:\/\/payroll\/salaries\.txt → AccessDenied \(403\)/,
      /a grant for payroll, from the same connector, reads it → "none of your business"/,
      /✗ the old credential reads s3:\/\/models\/weights\.txt → ExpiredToken/,
      /✓ the client from before reads it → "0\.1 0\.2 0\.3"/,
      /it was refused [12] time\(s\), had 1 session minted/,
      /audit rows, chain whole/,
      /npx keywright connector register prod/,
    ];
    for (const line of lines) expect(stdout).toMatch(line);
    const state = /State is in (\S+);/.exec(stdout)?.[1] ?? "";
    expect(existsSync(join(state, "keywright.db"))).toBe(true);
    rmSync(state, { recursive: true, force: true });
  }
});
