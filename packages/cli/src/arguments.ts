/** A command line against the command table: which command, its arguments and options, or what is wrong with it. */
import { KeywrightError } from "@keywright/core/errors";
import { didYouMean } from "@keywright/core/nearest";
import { type Command, commands, globalOptions, type Option } from "./command-table.ts";

/** A field of a connector type as it was written: `--role-arn=…` or `--set roleArn=…`. */
export type Given = { readonly name: string; readonly value: string };
export type Parsed = {
  /** Null: no command was named. */
  readonly command: Command | null;
  /** The words that name a command or a group of them. */
  readonly words: readonly string[];
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | true | readonly string[] | undefined>>;
  readonly fields: readonly Given[];
};

export const camel = (name: string): string =>
  name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
/** A word of the caller's in a message: short, and on one line. */
export const shown = (word: string): string => {
  const cut = word.length > 60 ? `${word.slice(0, 57)}...` : word;
  return /^[\w./:@=+,*-]+$/.test(cut) ? cut : JSON.stringify(cut);
};
const usage = (message: string, hint: string) => new KeywrightError("usage", message, { hint });
const helpFor = (words: readonly string[]) => `keywright ${[...words, "--help"].join(" ")} shows what there is.`;

const isPrefix = (words: readonly string[], of: readonly string[]) => words.every((word, index) => of[index] === word);

/** The longest run of leading words that names a command or a group. */
const commandIn = (
  argv: readonly string[],
): { command: Command | null; words: readonly string[]; used: Set<number> } => {
  const words: string[] = [];
  const used = new Set<number>();
  for (const [index, word] of argv.entries()) {
    if (word === "--") break;
    // Global switches may stand before the command; they take no value.
    if (word.startsWith("-")) {
      if (words.length === 0 && globalOptions.some((one) => `--${one.name}` === word || `-${one.short}` === word))
        continue;
      break;
    }
    const next = [...words, word];
    const reachable = commands.filter((one) => isPrefix(next, one.words));
    if (reachable.length === 0) {
      const known = commands
        .filter((one) => !one.hidden && isPrefix(words, one.words))
        .flatMap((one) => one.words[words.length] ?? []);
      throw usage(
        `There is no command ${shown(next.join(" "))}.${didYouMean(word, [...new Set(known)])}`,
        helpFor(words),
      );
    }
    words.push(word);
    used.add(index);
    const exact = reachable.find((one) => one.words.length === next.length);
    if (exact) return { command: exact, words, used };
  }
  return { command: null, words, used };
};

const optionNamed = (options: readonly Option[], written: string): Option | undefined =>
  written.startsWith("--")
    ? options.find((one) => one.name === written.slice(2))
    : options.find((one) => one.short === written.slice(1));

const unknownOption = (written: string, options: readonly Option[], words: readonly string[]) => {
  const names = options.map((one) => one.name);
  const near = didYouMean(written.replace(/^-+/, ""), names);
  return usage(
    `${words.length === 0 ? "keywright" : words.join(" ")} has no option ${shown(written)}.${near.replace("mean ", "mean --")}`,
    helpFor(words),
  );
};

const collect = (into: Record<string, string | true | readonly string[]>, option: Option, value: string | true) => {
  const key = camel(option.name);
  const before = into[key];
  if (option.repeatable && typeof value === "string")
    into[key] = [...(Array.isArray(before) ? (before as string[]) : []), value];
  else if (before !== undefined && before !== value && option.value !== undefined)
    throw usage(`--${option.name} is given twice.`, "Give it once.");
  else into[key] = value;
};

export const parseArguments = (argv: readonly string[]): Parsed => {
  const { command, words, used } = commandIn(argv);
  if (command?.passes) {
    const passed = argv.filter((_, index) => !used.has(index));
    const help = passed.length === 1 && ["--help", "-h"].includes(passed[0] ?? "");
    const args = passed[0] === "--" ? passed.slice(1) : passed;
    return { command, words, options: help ? { help: true } : {}, fields: [], args };
  }
  const options: Record<string, string | true | readonly string[]> = {};
  const fields: Given[] = [];
  const args: string[] = [];
  const known = [...globalOptions, ...(command?.options ?? [])];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (used.has(index)) continue;
    if (word === "--") {
      if (command && !command.rest && index + 1 < argv.length)
        throw usage(`${words.join(" ")} takes nothing after --.`, helpFor(words));
      args.push(...argv.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      args.push(word);
      continue;
    }
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const written = equals === -1 ? word : word.slice(0, equals);
    const inline = equals === -1 ? undefined : word.slice(equals + 1);
    const option = optionNamed(known, written);
    const following = argv[index + 1];
    const takeNext = () => {
      index += 1;
      return following ?? "";
    };
    if (option?.value === undefined && option) {
      if (inline !== undefined) throw usage(`--${option.name} takes no value.`, helpFor(words));
      collect(options, option, true);
    } else if (option) {
      const value = inline ?? (following === undefined || following.startsWith("--") ? undefined : takeNext());
      if (value === undefined) throw usage(`--${option.name} needs a value: ${option.value}.`, helpFor(words));
      if (option.name === "set") fields.push(assigned(value));
      else collect(options, option, value);
    } else if (command?.fields && written.startsWith("--") && written.length > 2) {
      const value = inline ?? (following === undefined || following.startsWith("--") ? "true" : takeNext());
      fields.push({ name: written.slice(2), value });
    } else
      throw unknownOption(
        written,
        known.filter((one) => !one.hidden),
        words,
      );
  }
  if (command && options["help"] !== true) checkArguments(command, args, fields);
  return { command, words, args, options, fields };
};

const assigned = (text: string): Given => {
  const at = text.indexOf("=");
  if (at < 1) throw usage("--set needs key=value.", "For example --set region=eu-central-1.");
  return { name: text.slice(0, at), value: text.slice(at + 1) };
};

const checkArguments = (command: Command, args: readonly string[], fields: readonly Given[]) => {
  const { words } = command;
  const missing = command.arguments[args.length];
  if (missing && !missing.optional) {
    const swallowed = fields.length > 0 ? " Options of the connector type are written --key=value." : "";
    throw usage(`${words.join(" ")} needs ${missing.name}: ${missing.description}`, `${helpFor(words)}${swallowed}`);
  }
  const extra = command.rest ? undefined : args[command.arguments.length];
  if (extra !== undefined)
    throw usage(`${words.join(" ")} does not know what to do with ${shown(extra)}.`, helpFor(words));
};
