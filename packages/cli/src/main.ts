/** The entry: parses, dispatches, tells failures. Whatever a command needs is loaded by that command. */
import { createRequire } from "node:module";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Parsed, parseArguments } from "./arguments.ts";
import { createContext } from "./context.ts";
import { processStreams } from "./deliver/streams.ts";
import { asKeywrightError, tell } from "./failures.ts";
import { helpOf } from "./help.ts";
import type { Io } from "./io.ts";

const version = (): string => (createRequire(import.meta.url)("../package.json") as { version: string }).version;

const dispatch = async (parsed: Parsed, io: Io, secrets: (kept: ReadonlySet<string>) => void): Promise<number> => {
  const { command, options } = parsed;
  const json = options["json"] === true;
  if (options["version"] === true) {
    io.stdout.write(
      json ? `${JSON.stringify({ version: version(), node: process.version }, null, 2)}\n` : `${version()}\n`,
    );
    return 0;
  }
  if (command === null || options["help"] === true) {
    io.stdout.write(helpOf(parsed, { json, columns: io.stdout.isTTY ? (io.stdout.columns ?? 80) : 100 }));
    return 0;
  }
  const { context, close } = createContext(parsed, io);
  secrets(context.secrets);
  try {
    const module = await command.load();
    return (await module.run(context, context.args)) ?? 0;
  } finally {
    await close();
  }
};

/** Runs one command line; the exit code. Prints nothing but through `io`. */
export const main = async (argv: readonly string[], io: Io): Promise<number> => {
  const end = argv.indexOf("--");
  const own = end === -1 ? argv : argv.slice(0, end);
  let secrets: ReadonlySet<string> = new Set();
  try {
    return await dispatch(parseArguments(argv), io, (kept) => (secrets = kept));
  } catch (error) {
    return tell(asKeywrightError(error, io.signal), {
      stdout: io.stdout,
      stderr: io.stderr,
      json: own.includes("--json"),
      debug: own.includes("--debug"),
      colour: io.stderr.isTTY === true && (io.environment["NO_COLOR"] ?? "") === "",
      secrets,
    });
  }
};

/** The process itself: signals, streams, exit code. What the bin calls. */
export const start = async (argv: readonly string[] = process.argv.slice(2)): Promise<void> => {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals, status: number) => {
    process.once(signal, () => {
      controller.abort();
      process.exitCode = status;
      // Whoever insists is obeyed: the state is transactional.
      process.once(signal, () => process.exit(status));
    });
  };
  stop("SIGINT", 130);
  stop("SIGTERM", 143);
  const { end, ...streams } = processStreams();
  const status = await main(argv, {
    ...streams,
    environment: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  });
  process.exitCode ??= status;
  // An open keep-alive socket must not hold the process.
  end(() => process.exit());
};

const isEntry = (): boolean => {
  const { argv } = process;
  try {
    return argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(import.meta.url);
  } catch {
    return false;
  }
};
if (isEntry()) void start();
