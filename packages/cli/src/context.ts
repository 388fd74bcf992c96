/** What a command is run with. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { Broker, Environment } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import type { Given, Parsed } from "./arguments.ts";
import type { Input, Io, Output } from "./io.ts";
import type { Prompts } from "./prompts.ts";

/** By camelCase name: text, true for a switch, a list for a repeatable one. */
export type Options = Readonly<Record<string, string | true | readonly string[] | undefined>>;

export type Context = {
  /** Arguments by position; for `run`, what follows `--`. */
  readonly args: readonly string[];
  readonly options: Options;
  /** Options that are fields of a connector type, as they were written. */
  readonly fields: readonly Given[];
  readonly environment: Environment;
  readonly cwd: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly colour: boolean;
  /** Standard output is a terminal. */
  readonly isTTY: boolean;
  /** A person sits there and can be asked. */
  readonly interactive: boolean;
  readonly prompts: () => Promise<Prompts>;
  /** Opened once, on first use; closed when the command ends. */
  readonly openBroker: () => Promise<Broker>;
  /** Values that must not reach any output, whatever happens. */
  readonly secrets: Set<string>;
};
/** The exit status; none is 0. */
export type CommandModule = { run(context: Context, args: readonly string[]): Promise<number | void> };

/** Folders of plugins that come with Keywright. */
export const builtInPlugins = (): string[] => [
  dirname(createRequire(import.meta.url).resolve("@keywright/local/package.json")),
];

export const text = (options: Options, name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};
export const list = (options: Options, name: string): readonly string[] => {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly string[]) : typeof value === "string" ? [value] : [];
};
export const flag = (options: Options, name: string): boolean => options[name] === true;
/** An argument that the table says is there. */
export const argument = (context: Pick<Context, "args">, index: number): string => context.args[index] ?? "";

export const createContext = (parsed: Parsed, io: Io): { context: Context; close: () => Promise<void> } => {
  let opened: Promise<Broker> | null = null;
  const { environment } = io;
  const isTTY = io.stdout.isTTY === true;
  const context: Context = {
    args: parsed.args,
    options: parsed.options,
    fields: parsed.fields,
    environment,
    cwd: io.cwd,
    // Touching the stream of a process loads it, and few commands read it.
    get stdin() {
      return io.stdin;
    },
    stdout: io.stdout,
    stderr: io.stderr,
    signal: io.signal,
    json: parsed.options["json"] === true,
    colour: isTTY && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb",
    isTTY,
    get interactive() {
      return io.prompts !== undefined || (io.stdin.isTTY === true && io.stderr.isTTY === true);
    },
    prompts: async () => io.prompts ?? (await import("./terminal-prompts.ts")).terminalPrompts(io),
    openBroker: () =>
      (opened ??= (async () => {
        io.signal.throwIfAborted();
        const { createBroker, projectOf } = await import("@keywright/broker");
        return createBroker({ project: projectOf(io.cwd), builtIn: builtInPlugins(), environment });
      })()),
    secrets: new Set(),
  };
  const close = async () => {
    const broker = await opened?.catch(() => null);
    await broker?.close();
  };
  return { context, close };
};

export const cancelled = (): KeywrightError =>
  new KeywrightError("cancelled", "Cancelled; nothing was changed.", { hint: "Run it again when you are ready." });
