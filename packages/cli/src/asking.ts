/** The dialogue of an auth method (device code, MFA) at this terminal, or on piped input. */
import type { Ask } from "@keywright/core";
import { KeywrightError } from "@keywright/core/errors";
import type { Context } from "./context.ts";
import { plain, remark } from "./output.ts";
import { readAll } from "./secret-values.ts";

export const askAt = (context: Context, name: string, before: () => void = () => {}): Ask => {
  let piped: string[] | null = null;
  return async (prompt) => {
    before();
    const lines = [
      prompt.message,
      ...(prompt.url === undefined ? [] : [`  open   ${prompt.url}`]),
      ...(prompt.code === undefined ? [] : [`  code   ${prompt.code}`]),
    ];
    if (prompt.answer === "none") {
      for (const line of lines) remark(context, plain(line));
      return "";
    }
    if (context.interactive) {
      const prompts = await context.prompts();
      for (const line of lines.slice(1)) prompts.say(plain(line));
      return prompt.answer === "secret"
        ? prompts.secret({ message: prompt.message })
        : prompts.text({ message: prompt.message });
    }
    piped ??= (context.stdin.isTTY === true ? "" : await readAll(context, "the answer")).split("\n");
    const answer = piped.shift()?.trim() ?? "";
    if (answer !== "") return answer;
    throw new KeywrightError(
      "reauthentication-required",
      `${name} asks “${prompt.message}”, and nobody can answer here.`,
      {
        hint: `Run it in a terminal, or pipe the answer in: echo CODE | keywright connector authenticate ${name}`,
      },
    );
  };
};
