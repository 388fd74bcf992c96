/** A real secret service: the key lives there, every door finds it there, and its absence is never silently mended. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedProject } from "../suites/project.ts";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { has } from "./services/service.ts";

const bin = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "keywright.js");
const base = mkdtempSync(join(tmpdir(), "kwk-"));
const home = join(base, "home");
const present = has("gnome-keyring-daemon") && has("dbus-run-session");
let target: Awaited<ReturnType<typeof doubleTarget>>;
beforeAll(async () => {
  target = await doubleTarget();
  mkdirSync(join(home, ".cache"), { recursive: true });
  mkdirSync(join(home, ".local", "share", "keyrings"), { recursive: true });
});
afterAll(async () => {
  await target.close();
  rmSync(base, { recursive: true, force: true });
});

const run = async (program: string, args: readonly string[], more: Record<string, string> = {}) => {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    KEYWRIGHT_HOME: join(base, "state"),
    NO_COLOR: "1",
    ...more,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, {
      cwd: sharedProject(),
      env,
      timeout: 60_000,
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, out: stdout, err: stderr };
  }
};

describe("the OS keyring", () => {
  it("keeps the key across sessions; without it the state says whose key it wants", async () => {
    if (!present) {
      expect(process.env["CI"], "gnome-keyring is missing: run test/real/install.sh").toBeUndefined();
      return;
    }
    const setup = target.methods["iam-role"];
    const config = Object.entries({ ...target.config, ...setup?.config }).map(
      ([name, value]) => `--set ${name}=${String(value)}`,
    );
    const register = [
      "connector register prod --type aws --auth-method iam-role --resource-type s3-bucket --set secretAccessKey=env:GIVEN",
      `--set accessKeyId=${setup?.secret?.["accessKeyId"]}`,
      ...config,
      ...target.endpoints.map((host) => `--allow-endpoint ${host}`),
    ].join(" ");
    const request = "--connector prod --resource-id s3://models";
    const script = join(base, "session.sh");
    const within = (...commands: string[]) => {
      const unlock = `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; sleep 1`;
      writeFileSync(
        script,
        ["set -e", unlock, ...commands.map((one) => `"${process.execPath}" "${bin}" ${one}`)].join("\n"),
      );
      return run("dbus-run-session", ["--", "sh", script], { GIVEN: setup?.secret?.["secretAccessKey"] ?? "" });
    };
    const first = await within(register, `grant issue ${request}`);
    expect(first, first.err).toMatchObject({ code: 0 });
    expect(existsSync(join(base, "state", "keywright.db"))).toBe(true);
    expect(existsSync(join(base, "state", "key"))).toBe(false);
    // Another session of the same user: the whole command line, and the helper that loads next to nothing.
    const second = await within(`doctor`, `credential-process ${request}`);
    expect(second, second.err).toMatchObject({ code: 0 });
    expect(second.out).toContain("keyring");
    expect(second.out).toContain('"Version":1');
    // No secret service: refused by name, and no new key is made.
    const without = await run(process.execPath, [bin, "grant", "issue", ...request.split(" ")]);
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining("keyring") });
    expect(existsSync(join(base, "state", "key"))).toBe(false);
    const helper = await run(process.execPath, [bin, "credential-process", ...request.split(" ")]);
    expect(helper.code).toBe(1);
  });
});
