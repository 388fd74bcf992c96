/** The prompts on a terminal. Drawn on standard error, so that standard output holds results alone. */
import type { Readable, Writable } from "node:stream";
import * as clack from "@clack/prompts";
import { cancelled } from "./context.ts";
import type { Io } from "./io.ts";
import type { Prompts } from "./prompts.ts";

const answered = async <T>(asked: Promise<unknown>): Promise<T> => {
  const answer = await asked;
  if (clack.isCancel(answer)) throw cancelled();
  return answer as T;
};
const checked = (check: ((answer: string) => string | undefined) | undefined) =>
  check ? { validate: (answer: string | undefined) => check(answer ?? "") } : {};
const options = (choices: readonly { value: string; label: string; hint?: string }[]) =>
  choices.map(({ value, label, hint }) => ({ value, label, ...(hint !== undefined && { hint }) }));

export const terminalPrompts = (io: Io): Prompts => {
  const streams = {
    input: io.stdin as unknown as Readable,
    output: io.stderr as unknown as Writable,
    signal: io.signal,
  };
  return {
    select: ({ message, choices, initial }) =>
      answered<string>(
        clack.select<string>({
          ...streams,
          message,
          options: options(choices),
          ...(initial !== undefined && { initialValue: initial }),
        }),
      ),
    selectMany: ({ message, choices, initial }) =>
      answered<readonly string[]>(
        clack.multiselect<string>({
          ...streams,
          message,
          options: options(choices),
          initialValues: [...initial],
          required: true,
        }),
      ),
    text: async ({ message, initial, placeholder, check }) =>
      (await answered<string | undefined>(
        clack.text({
          ...streams,
          message,
          ...(initial !== undefined && { initialValue: initial }),
          ...(placeholder !== undefined && { placeholder }),
          ...checked(check),
        }),
      )) ?? "",
    secret: async ({ message, check }) =>
      (await answered<string | undefined>(clack.password({ ...streams, message, ...checked(check) }))) ?? "",
    say: (text) => void io.stderr.write(`${text}\n`),
  };
};
