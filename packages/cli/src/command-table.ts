/** Every command as plain data: parsing, help, completion and the reference pages derive from it. Imports nothing heavy. */
import type { CommandModule } from "./context.ts";
import { connectorCommands } from "./table/connector.ts";
import { grantCommands } from "./table/grant.ts";
import { houseCommands } from "./table/house.ts";
import { pluginCommands } from "./table/plugin.ts";

export type Argument = { readonly name: string; readonly description: string; readonly optional?: true };
export type Option = {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of its value; absent: a switch. */
  readonly value?: string;
  readonly description: string;
  readonly repeatable?: true;
  readonly hidden?: true;
};
export type Command = {
  readonly words: readonly string[];
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  /** Without the leading `keywright`. */
  readonly examples: readonly string[];
  /** Takes the fields of a connector type as options: `--role-arn=…`. */
  readonly fields?: true;
  /** What follows `--` is the command's own. */
  readonly rest?: string;
  /** All that follows its words is another program's, options included. */
  readonly passes?: true;
  readonly hidden?: true;
  readonly load: () => Promise<CommandModule>;
};

export const globalOptions: readonly Option[] = [
  { name: "json", description: "Print one JSON document on standard output, errors included." },
  { name: "debug", description: "On a failure, print what caused it and the stack." },
  { name: "help", short: "h", description: "Show help." },
  { name: "version", description: "Show the version." },
];

export const groups: readonly { readonly word: string; readonly summary: string }[] = [
  { word: "connector", summary: "Register and look after connectors" },
  { word: "grant", summary: "Short-lived credentials" },
  { word: "plugin", summary: "What Keywright can connect to, and what may run" },
  { word: "audit", summary: "Who did what" },
  { word: "key", summary: "The key that seals what is stored" },
];

export const commands: readonly Command[] = [
  ...connectorCommands,
  ...grantCommands,
  ...pluginCommands,
  ...houseCommands,
];
