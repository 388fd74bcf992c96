/** Pages of the command line, from its table: a page a command. */
import { type Line, listOf, say, table, type Block, heading, code } from "@keywright/manifest/reference";
import { type Command, globalOptions, type Option } from "../../packages/cli/src/command-table.ts";
import { blocksHtml } from "./html.ts";
import type { Group, Page } from "./page.ts";
import { linkList } from "./reference-pages.ts";

const nameOf = ({ words }: Command) => words.join(" ");
export const commandPath = (command: Command): string => `reference/cli/${command.words.join("-")}.html`;
/** What completion scripts call is nobody's to type. */
const isPublic = ({ words }: Command) => !words.some((word) => word.startsWith("__"));

const usageOf = ({ words, arguments: args, fields, rest, passes }: Command): string =>
  [
    "keywright",
    ...words,
    ...args.map(({ name, optional }) => (optional ? `[${name}]` : name)),
    ...(passes ? [] : ["[options]"]),
    ...(fields ? ["[--FIELD=VALUE]…"] : []),
    ...(rest === undefined ? [] : [...(passes ? [] : ["--"]), rest]),
  ].join(" ");
const optionRow = ({ name, short, value, description, repeatable }: Option) => ({
  anchor: `option-${name}`,
  cells: [
    [
      { code: `--${name}${value === undefined ? "" : ` ${value}`}` },
      ...(short === undefined ? [] : [", ", { code: `-${short}` }]),
    ] satisfies Line,
    [description, ...(repeatable && !description.includes("repeated") ? [" May be repeated."] : [])],
  ],
});
const blocksOf = (command: Command): readonly Block[] => [
  code("bash", usageOf(command)),
  ...(command.hidden ? [say("Other programs call it; a person seldom does.")] : []),
  ...(command.arguments.length > 0 ? [heading("Arguments")] : []),
  ...listOf(
    command.arguments.map(({ name, description, optional }) => [
      { code: name },
      `: ${description}${optional ? "; may be left out" : ""}.`,
    ]),
  ),
  ...(command.passes
    ? []
    : [
        heading("Options"),
        ...table(
          ["Option", "What it does"],
          [...command.options, ...globalOptions].filter(({ hidden }) => hidden !== true).map(optionRow),
        ),
      ]),
  ...(command.fields
    ? [
        say(
          "Fields of the connector type are options too, in either spelling: ",
          { code: "--role-arn=…" },
          " or ",
          { code: "--roleArn=…" },
          ". A secret is read from ",
          { code: "@FILE" },
          ", ",
          { code: "env:NAME" },
          " or ",
          { code: "-" },
          " (standard input), or asked for.",
        ),
      ]
    : []),
  ...(command.examples.length > 0
    ? [heading("Examples"), code("console", command.examples.map((one) => `$ keywright ${one}`).join("\n"))]
    : []),
];
const pageOf = (command: Command): Page => ({
  path: commandPath(command),
  title: `${nameOf(command)} · command`,
  label: nameOf(command),
  literal: true,
  what: "Command",
  lead: `${command.summary}.`,
  body: blocksHtml(blocksOf(command), () => null),
});

const exits: readonly (readonly [number, string])[] = [
  [0, "done"],
  [1, "failure"],
  [2, "what was asked is wrong: usage, configuration, a resource id"],
  [3, "not found"],
  [4, "denied"],
  [5, "verification failed"],
  [6, "expired, or needs a person to authenticate again"],
  [7, "the other side does not answer"],
  [130, "cancelled"],
];

export const commandPages = (
  commands: readonly Command[],
): { readonly pages: readonly Page[]; readonly group: Group } => {
  const pages = commands.filter(isPublic).map(pageOf);
  const path = "reference/cli/index.html";
  const index: Page = {
    path,
    title: "Command line",
    label: "All commands",
    what: "Reference",
    lead: "Every command, its options and examples. Each one also prints them with --help.",
    body: [
      linkList(path, pages),
      blocksHtml(
        [
          heading("Everywhere"),
          ...table(["Option", "What it does"], globalOptions.map(optionRow)),
          heading("Exit status"),
          ...table(
            ["Status", "Meaning"],
            exits.map(([status, meaning]) => ({ cells: [[{ code: String(status) }], [meaning]] })),
          ),
        ],
        () => null,
      ),
    ].join("\n"),
  };
  return { pages: [index, ...pages], group: { title: "Command line", pages: [index, ...pages] } };
};
