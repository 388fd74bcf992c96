/** What a run of the CLI touches of its process, so that a test can stand in for it. */
import type { Environment } from "@keywright/broker";
import type { Prompts } from "./prompts.ts";

export type Output = {
  write(text: string): boolean;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  once?(event: "drain", listener: () => void): unknown;
};
export type Input = AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };
export type Io = {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Environment;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Asks a person; the terminal's own when left out. */
  readonly prompts?: Prompts;
};
