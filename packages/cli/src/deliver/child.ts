/** Runs the program of `run`: its terminal is ours, our signals are its own, and its end is ours. */
import { spawn, type StdioOptions } from "node:child_process";
import { constants } from "node:os";

const passed = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"] as const;

export type Child = {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdio?: StdioOptions;
  /** A terminal sends the keyboard's signals to the whole group: the child has them already. */
  readonly terminal: boolean;
  readonly started?: (pid: number) => void;
};

/** Exit status as a shell reports it: 128 and the signal's number, 127 not found, 126 not allowed. */
export const runChild = (child: Child): Promise<{ readonly status: number; readonly problem: string | null }> =>
  new Promise((resolve) => {
    // Whoever listens outside would take the signal for the end of this command.
    const outside = passed.map((signal) => [signal, process.rawListeners(signal)] as const);
    for (const [signal] of outside) process.removeAllListeners(signal);
    const handlers = passed.map((signal) => {
      const handle = () => {
        if (child.terminal && (signal === "SIGINT" || signal === "SIGQUIT" || signal === "SIGWINCH")) return;
        running.kill(signal);
      };
      process.on(signal, handle);
      return [signal, handle] as const;
    });
    const done = (status: number, problem: string | null) => {
      for (const [signal, handle] of handlers) process.off(signal, handle);
      for (const [signal, listeners] of outside)
        for (const listener of listeners) process.on(signal, listener as () => void);
      resolve({ status, problem });
    };
    const running = spawn(child.command, child.args, {
      cwd: child.cwd,
      env: child.environment as NodeJS.ProcessEnv,
      stdio: child.stdio ?? "inherit",
    });
    if (running.pid !== undefined) child.started?.(running.pid);
    running.once("error", (error: NodeJS.ErrnoException) => {
      const missing = error.code === "ENOENT";
      done(
        missing ? 127 : 126,
        missing
          ? `${child.command} was not found.`
          : `${child.command} cannot be started (${error.code ?? error.message}).`,
      );
    });
    running.once("exit", (status, signal) =>
      done(signal ? 128 + (constants.signals[signal] ?? 0) : (status ?? 1), null),
    );
  });
