/** Starting a real server: a private folder with a short path, free ports, readiness, and its end by pid. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const has = (program: string): boolean => {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** Below the range from which clients take theirs. */
export const freePort = async (from: number): Promise<number> => {
  for (let port = from; port < from + 500; port++) {
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer().once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error(`No free port from ${from} on.`);
};

export const until = async (what: string, ready: () => Promise<boolean>, seconds = 60): Promise<void> => {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (await ready().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${what} was not ready within ${seconds} s.`);
};

export type Runner = {
  readonly folder: string;
  /** Starts a server in the foreground of its own process; its output goes to a file. */
  readonly start: (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => ChildProcess;
  readonly run: (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => string;
  readonly logs: () => string;
  readonly stop: () => Promise<void>;
};
export const createRunner = (name: string): Runner => {
  const folder = mkdtempSync(`/tmp/kw-${name}-`);
  const children: ChildProcess[] = [];
  const log = join(folder, "log");
  return {
    folder,
    start: (program, args, env = {}) => {
      const out = openSync(log, "a");
      const child = spawn(program, args, { stdio: ["ignore", out, out], env: { ...process.env, ...env } });
      children.push(child);
      return child;
    },
    run: (program, args, env = {}) =>
      execFileSync(program, args, {
        encoding: "utf8",
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    logs: () => (existsSync(log) ? readFileSync(log, "utf8").slice(-4000) : "it wrote nothing"),
    stop: async () => {
      for (const child of children.toReversed()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = new Promise((resolve) => child.once("close", resolve));
        child.kill("SIGKILL");
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
