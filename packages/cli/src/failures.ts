/** How a failure is told: one line and what to do, or one JSON document; an exit code that says which kind it was. */
import { type ErrorCode, exitCodeOf, KeywrightError } from "@keywright/core/errors";
import type { Output } from "./io.ts";

const named = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null
    ? ((error as { code?: string }).code ?? (error as Error).name)
    : undefined;

/** Anything thrown, as one of ours. */
export const asKeywrightError = (error: unknown, signal: AbortSignal): KeywrightError => {
  if (KeywrightError.is(error)) return error;
  if (signal.aborted)
    return new KeywrightError("cancelled", "Cancelled; nothing was left half-saved.", { cause: error });
  const name = named(error);
  if (name === "ENOSPC") {
    return new KeywrightError("state-unavailable", "The disk is full.", {
      hint: "Make room and run it again.",
      cause: error,
    });
  }
  return new KeywrightError("internal", "Something failed that Keywright does not know.", {
    hint: "Run it again with --debug, and report what it prints.",
    cause: error,
  });
};

const oneLine = (words: string) => words.replaceAll(/\s*\n\s*/g, " ").trim();
const scrubbed = (words: string, secrets: ReadonlySet<string>) =>
  [...secrets].filter((one) => one.length > 3).reduce((all, one) => all.replaceAll(one, "<redacted>"), words);

/** Names, messages and stacks of a failure and of what caused it; never the properties that SDKs hang on errors. */
const chain = (error: unknown): string[] => {
  const lines: string[] = [];
  for (let one: unknown = error, depth = 0; one !== undefined && one !== null && depth < 8; depth++) {
    lines.push(one instanceof Error ? (one.stack ?? `${one.name}: ${one.message}`) : `(${typeof one})`);
    one = (one as { cause?: unknown }).cause;
    if (one !== undefined) lines.push("caused by:");
  }
  return lines;
};

export type Telling = {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly json: boolean;
  readonly debug: boolean;
  readonly colour: boolean;
  readonly secrets: ReadonlySet<string>;
};
/** Returns the exit code. */
export const tell = (error: KeywrightError, to: Telling): number => {
  const clean = (words: string) => scrubbed(words, to.secrets);
  if (to.json) {
    // toJSON is not taken from the error: another copy of core may have made it.
    const document = {
      error: {
        code: error.code,
        message: error.message,
        hint: error.hint ?? null,
        retryable: error.retryable,
        exitCode: exitOf(error.code),
        ...(error.data !== undefined && { data: error.data }),
      },
    };
    to.stdout.write(`${clean(JSON.stringify(document, null, 2))}\n`);
  } else {
    const mark = to.colour ? "\u001b[31merror\u001b[39m" : "error";
    to.stderr.write(`${mark}: ${clean(oneLine(error.message))}\n`);
    if (error.hint !== undefined) to.stderr.write(`  ${clean(oneLine(error.hint))}\n`);
  }
  if (to.debug) to.stderr.write(`${clean(chain(error).join("\n"))}\n`);
  return exitOf(error.code);
};
const exitOf = (code: ErrorCode): number => exitCodeOf(code);
