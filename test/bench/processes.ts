/** Whole processes, timed in turns so that whatever else the machine does meets all of them alike. */
import { spawnSync } from "node:child_process";

export type Command = {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Makes ready for the next run, and is not timed. */
  readonly before?: () => void;
};

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Median milliseconds of each, the first runs (which fill the compile cache) left out. */
export const timeProcesses = (commands: readonly Command[], runs: number): Map<string, number> => {
  const times = new Map(commands.map(({ name }) => [name, [] as number[]]));
  for (let round = -2; round < runs; round++) {
    // Each round begins elsewhere, so that none is always first.
    for (let index = 0; index < commands.length; index++) {
      const command = commands[(index + round + commands.length) % commands.length];
      if (!command) continue;
      const { name, args, cwd, env, before } = command;
      before?.();
      const since = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, {
        cwd,
        env: env as NodeJS.ProcessEnv,
        stdio: ["ignore", "pipe", "pipe"],
      });
      const took = performance.now() - since;
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${String(stderr)}`);
      if (round >= 0) times.get(name)?.push(took);
    }
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
};
