/** What is printed: tables and facts for people, JSON for programs. Nothing here reveals a secret. */
import { stripVTControlCharacters, styleText } from "node:util";
import type { Context } from "./context.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
type Surface = Pick<Context, "colour" | "stdout">;

export const paint = (context: Pick<Context, "colour">, style: Style, words: string): string =>
  context.colour ? styleText(style, words, { validateStream: false }) : words;

/** Nearly everything printed is; the rest costs a look at every character. */
const isAscii = (words: string) => /^[ -~]*$/.test(words);

/** Names and labels come from providers: nothing in them may steer a terminal. */
export const plain = (words: string): string => {
  if (isAscii(words)) return words;
  return stripVTControlCharacters(words).replaceAll(
    // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    "�",
  );
};

/** An EPIPE (`| head`) is the reader's right; whoever owns the stream deals with it. */
export const print = ({ stdout }: Pick<Context, "stdout">, line: string): void => void stdout.write(`${line}\n`);
export const printJson = (context: Pick<Context, "stdout">, value: unknown): void =>
  print(context, JSON.stringify(value, null, 2));
/** The same context, whose output is written at once by `flush`: a write a line is dear where start-up counts. */
export const buffered = (context: Context): { readonly context: Context; readonly flush: () => void } => {
  const { stdout } = context;
  let text = "";
  const write = (more: string) => {
    text += more;
    return true;
  };
  return {
    // On top of the other, whose getters are not to be called for nothing.
    context: Object.assign(Object.create(context) as Context, {
      stdout: { write, isTTY: stdout.isTTY, columns: stdout.columns },
    }),
    flush: () => void stdout.write(text),
  };
};
/** Remarks that are no result. */
export const remark = ({ stderr }: Pick<Context, "stderr">, line: string): void => void stderr.write(`${line}\n`);

const width = (words: string) => (isAscii(words) ? words.length : [...stripVTControlCharacters(words)].length);
const pad = (words: string, to: number) => words + " ".repeat(Math.max(0, to - width(words)));

/** Lines of at most `to` characters, broken at spaces, commas' ends and, where it must be, anywhere. */
export const wrap = (words: string, to: number): string[] =>
  words.split("\n").flatMap((paragraph) => {
    if (width(paragraph) <= to) return [paragraph];
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      let rest = word;
      const joined = line === "" ? rest : `${line} ${rest}`;
      if (width(joined) <= to) {
        line = joined;
        continue;
      }
      if (line !== "") lines.push(line);
      while (width(rest) > to) {
        lines.push(rest.slice(0, to));
        rest = rest.slice(to);
      }
      line = rest;
    }
    return [...lines, line];
  });

export const columnsOf = ({ stdout }: Pick<Context, "stdout">): number =>
  stdout.isTTY ? Math.max(40, stdout.columns || 80) : Infinity;

/** Takes from the widest until all fit; a name or an id of up to a dozen characters is never broken. */
const fitted = (natural: readonly number[], room: number): number[] => {
  const widths = [...natural];
  const gaps = 2 * (widths.length - 1);
  while (widths.reduce((sum, one) => sum + one, gaps) > room) {
    const widest = Math.max(...widths);
    if (widest <= 12) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
};

export type Cell = string | readonly string[] | null;
/** Columns under headings; a cell may be a list, one entry a line. Nothing for no rows. */
export const table = (context: Surface, headings: readonly string[], rows: readonly (readonly Cell[])[]): void => {
  if (rows.length === 0) return;
  const cells = rows.map((row) => row.map((cell) => [cell ?? "-"].flat().map((one) => plain(one === "" ? "-" : one))));
  const natural = headings.map((heading, column) =>
    Math.max(width(heading), ...cells.map((row) => Math.max(0, ...(row[column] ?? []).map(width)))),
  );
  const widths = fitted(natural, columnsOf(context));
  const line = (parts: readonly string[]) =>
    parts
      .map((part, column) => pad(part, widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  print(context, paint(context, "bold", line(headings)));
  for (const row of cells) {
    const wrapped = row.map((lines, column) => {
      const room = widths[column] ?? Infinity;
      return room < (natural[column] ?? 0) ? lines.flatMap((one) => wrap(one, room)) : lines;
    });
    const height = Math.max(...wrapped.map((lines) => lines.length));
    for (let index = 0; index < height; index++) print(context, line(wrapped.map((lines) => lines[index] ?? "")));
  }
};

/** `name  value`, one a line; a null value is left out. */
export const facts = (context: Surface, pairs: readonly (readonly [string, Cell])[], indent = ""): void => {
  const shown = pairs.filter(([, value]) => value !== null && value.length > 0);
  const left = Math.max(0, ...shown.map(([name]) => width(name)));
  const room = columnsOf(context) - left - 2 - indent.length;
  for (const [name, value] of shown) {
    const lines = [value ?? ""].flat().flatMap((one) => wrap(plain(one), Math.max(20, room)));
    for (const [index, one] of lines.entries()) {
      const head = pad(index === 0 ? name : "", left);
      print(context, `${indent}${index === 0 ? paint(context, "dim", head) : head}  ${one}`.trimEnd());
    }
  }
};

export const heading = (context: Surface, words: string): void => print(context, `\n${paint(context, "bold", words)}`);
export const paragraph = (context: Surface, words: string, indent = ""): void => {
  for (const line of wrap(plain(words), Math.min(100, columnsOf(context)) - indent.length))
    print(context, `${indent}${line}`);
};

const units: readonly (readonly [number, string])[] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
  [1, "s"],
];
/** `1 h 30 m`: the two largest units that are there. */
export const span = (seconds: number): string => {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    // 36 h reads better than 1 d 12 h.
    if (unit === "d" && seconds < 3 * 86_400) continue;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0 s";
};
/** `2026-11-21 05:27:16Z (in 14 m)` */
export const moment = (at: Date | string | number | null): string | null => {
  if (at === null) return null;
  const when = new Date(at);
  const seconds = (when.getTime() - Date.now()) / 1000;
  const stamp = when
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
  return `${stamp} (${seconds >= 0 ? `in ${span(seconds)}` : `${span(-seconds)} ago`})`;
};
export const yes = (value: boolean): string => (value ? "yes" : "no");
export const pairs = (values: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(values).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);

/** A JSON array written row by row, complete whatever happens in between. */
export const jsonArray = ({ stdout }: Pick<Context, "stdout">) => {
  let rows = 0;
  return {
    row: async (value: unknown): Promise<void> => {
      const free = stdout.write(`${rows === 0 ? "[\n" : ",\n"}  ${JSON.stringify(value)}`);
      rows += 1;
      // A slow reader slows the listing down; nothing piles up in memory.
      if (!free && stdout.once) await new Promise<void>((resolve) => stdout.once?.("drain", resolve));
    },
    end: () => void stdout.write(rows === 0 ? "[]\n" : "\n]\n"),
  };
};
