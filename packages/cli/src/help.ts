/** Help, drawn from the command table. */
import type { Parsed } from "./arguments.ts";
import { type Command, commands, globalOptions, groups, type Option } from "./command-table.ts";
import { wrap } from "./output.ts";

const columnsFrom = (rows: readonly (readonly [string, string])[], columns: number): string => {
  const left = Math.min(34, Math.max(...rows.map(([name]) => name.length)));
  return rows
    .map(([name, about]) => {
      const lines = wrap(about, Math.max(24, columns - left - 4));
      const head = name.length > left ? `  ${name}\n${" ".repeat(left + 4)}` : `  ${name.padEnd(left)}  `;
      return `${head}${lines.join(`\n${" ".repeat(left + 4)}`)}`.trimEnd();
    })
    .join("\n");
};
const written = ({ name, short, value }: Option) =>
  `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;

const usageOf = ({ words, arguments: args, fields, rest, passes }: Command) =>
  [
    "keywright",
    ...words,
    ...args.map(({ name, optional }) => (optional ? `[${name}]` : name)),
    "[options]",
    ...(fields ? ["[--FIELD=VALUE]…"] : []),
    ...(rest ? [...(passes ? [] : ["--"]), rest] : []),
  ].join(" ");

const commandHelp = (command: Command, columns: number) => {
  const options = [...command.options, ...globalOptions].filter((one) => !one.hidden);
  const parts = [
    `${command.summary}.`,
    `Usage: ${usageOf(command)}`,
    ...(command.arguments.length > 0
      ? [
          `Arguments:\n${columnsFrom(
            command.arguments.map(({ name, description }) => [name, description]),
            columns,
          )}`,
        ]
      : []),
    `Options:\n${columnsFrom(
      options.map((one) => [written(one), one.description]),
      columns,
    )}`,
    ...(command.fields
      ? [
          [
            "Fields of the connector type are options too, in either spelling: --role-arn=… or --roleArn=….",
            "connector describe-type TYPE shows them. A secret is read from @FILE, env:NAME or - (standard input), or asked for.",
          ]
            .flatMap((line) => wrap(line, columns))
            .join("\n"),
        ]
      : []),
    ...(command.examples.length > 0
      ? [`Examples:\n${command.examples.map((one) => `  keywright ${one}`).join("\n")}`]
      : []),
  ];
  return `${parts.join("\n\n")}\n`;
};

const listing = (prefix: readonly string[], columns: number) => {
  const shown = commands.filter((one) => !one.hidden && prefix.every((word, index) => one.words[index] === word));
  const alone = shown.filter((one) => one.words.length === 1);
  const grouped = groups.flatMap(({ word, summary }) => {
    const own = shown.filter((one) => one.words.length > 1 && one.words[0] === word);
    return own.length === 0 ? [] : [{ title: `${summary}:`, own }];
  });
  const sections = [...grouped, ...(alone.length > 0 ? [{ title: "And:", own: alone }] : [])];
  return sections
    .map(
      ({ title, own }) =>
        `${title}\n${columnsFrom(
          own.map((one) => [one.words.join(" "), one.summary]),
          columns,
        )}`,
    )
    .join("\n\n");
};

export const helpOf = (
  { command, words }: Pick<Parsed, "command" | "words">,
  { json, columns }: { readonly json: boolean; readonly columns: number },
): string => {
  if (json) {
    const chosen = commands.filter((one) => !one.hidden && words.every((word, index) => one.words[index] === word));
    const plain = chosen.map(({ load: _load, ...data }) => data);
    return `${JSON.stringify({ commands: plain, globalOptions }, null, 2)}\n`;
  }
  if (command) return commandHelp(command, columns);
  const head = "Keywright hands out one short-lived credential for one resource at one access level.";
  return (
    [
      ...(words.length === 0 ? [head] : []),
      `Usage: keywright ${[...words, "COMMAND"].join(" ")} [options]`,
      listing(words, columns),
      `Options:\n${columnsFrom(
        globalOptions.map((one) => [written(one), one.description]),
        columns,
      )}`,
      `keywright ${[...words, "COMMAND"].join(" ")} --help shows the options and examples of a command.`,
    ].join("\n\n") + "\n"
  );
};
