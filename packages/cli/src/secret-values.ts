/** Where the value of a secret field comes from: `@file`, `env:NAME`, `-`, a prompt, or, with a warning, the command line. */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { KeywrightError } from "@keywright/core/errors";
import type { Context } from "./context.ts";
import { remark } from "./output.ts";
import { kebab, type SchemaField } from "./schema-fields.ts";

export const largestValue = 262_144;
const ways = (name: string) =>
  `Give it as --${kebab(name)}=@FILE, --${kebab(name)}=env:NAME or --${kebab(name)}=- (standard input).`;
const invalid = (name: string, what: string, hint = ways(name)) =>
  new KeywrightError("secret-invalid", `${name} ${what}.`, { hint });

/** The one line break that every editor and `echo` puts at the end is not part of a value. */
const trimmed = (text: string) => text.replace(/\r?\n$/, "");

const fromFile = (context: Context, name: string, path: string): string => {
  const at = resolve(context.cwd, path);
  try {
    const about = statSync(at);
    if (about.isDirectory()) throw invalid(name, `is to be read from ${at}, which is a folder`);
    if (about.size > largestValue)
      throw invalid(
        name,
        `is to be read from ${at}, which has ${about.size} bytes; a secret has at most ${largestValue}`,
        "Is it the right file?",
      );
    return trimmed(readFileSync(at, "utf8"));
  } catch (error) {
    if (KeywrightError.is(error)) throw error;
    const missing = (error as { code?: string }).code === "ENOENT";
    throw invalid(
      name,
      `is to be read from ${at}, which ${missing ? "does not exist" : "cannot be read"}`,
      "Check the path; a value that itself begins with @ goes through env:NAME.",
    );
  }
};
export const readAll = async (context: Pick<Context, "stdin" | "signal">, name: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of context.stdin) {
    context.signal.throwIfAborted();
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > largestValue)
      throw invalid(name, `has more than ${largestValue} bytes on standard input`, "Is it the right file?");
    chunks.push(bytes);
  }
  return trimmed(Buffer.concat(chunks).toString("utf8"));
};

const isDocument = (value: string) => /^\s*(-----BEGIN |\{)/.test(value);
/** What a secret may not be, whatever its schema says. Never quotes the value. */
export const complaint = (field: Pick<SchemaField, "name">, value: string): string | undefined => {
  if (value === "") return `${field.name} is empty`;
  if (value.length > largestValue)
    return `${field.name} has ${value.length} characters; a secret has at most ${largestValue}`;
  if (value.includes("\u0000")) return `${field.name} has a zero byte in it`;
  if (/[\r\n]/.test(value) && !isDocument(value)) return `${field.name} has a line break in it`;
  return undefined;
};
const checked = (field: SchemaField, value: string): string => {
  const wrong = complaint(field, value);
  if (wrong === undefined) return value;
  throw new KeywrightError("secret-invalid", `${wrong}.`, {
    hint: /line break/.test(wrong) ? "It was probably pasted with one: give it on one line." : ways(field.name),
  });
};

/** `stdinTaken`: the field that reads standard input; only one can. */
export const secretValue = async (
  context: Context,
  field: SchemaField,
  given: string,
  stdinTaken: { by: string | null },
): Promise<string> => {
  const { name } = field;
  const keep = (value: string) => {
    if (field.secret) context.secrets.add(value);
    return checked(field, value);
  };
  if (given === "-") {
    if (stdinTaken.by !== null) throw invalid(name, `and ${stdinTaken.by} both ask for standard input`);
    if (context.stdin.isTTY === true)
      throw invalid(
        name,
        "is to be read from standard input, which is a terminal",
        "Pipe it in, or leave the option out to be asked.",
      );
    stdinTaken.by = name;
    return keep(await readAll(context, name));
  }
  if (given.startsWith("@")) return keep(fromFile(context, name, given.slice(1)));
  if (given.startsWith("env:")) {
    const variable = given.slice(4);
    const value = context.environment[variable];
    if (value === undefined || value === "")
      throw invalid(
        name,
        `is to be read from the variable ${variable}, which is ${value === "" ? "empty" : "not set"}`,
        `Export ${variable}, or read the value from a file with @FILE.`,
      );
    return keep(value);
  }
  const value = keep(given);
  if (field.secret) {
    remark(
      context,
      `warning: ${name} was given on the command line, where the shell's history and other users see it. ${ways(name)}`,
    );
  }
  return value;
};

export const missingSecret = (fields: readonly SchemaField[]): KeywrightError => {
  const names = fields.map(({ name }) => name);
  return new KeywrightError(
    "secret-invalid",
    `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} missing, and nobody can be asked here.`,
    {
      hint:
        names.length > 1 ? `Give each as ${ways(names[0] ?? "").slice("Give it as ".length)}` : ways(names[0] ?? ""),
      data: { missing: names },
    },
  );
};
export const askSecret = async (context: Context, field: SchemaField): Promise<string> => {
  const prompts = await context.prompts();
  const question = {
    message: `${field.name}: ${field.description}`,
    check: (answer: string) => complaint(field, answer),
    placeholder: field.examples.map(String)[0],
  };
  const answer = await (field.secret ? prompts.secret(question) : prompts.text(question));
  if (field.secret) context.secrets.add(answer);
  return checked(field, answer);
};
