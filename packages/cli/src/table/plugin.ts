/** `keywright plugin …` */
import type { Command } from "../command-table.ts";

const packageName = { name: "PACKAGE", description: "npm name of a plugin, for example @keywright/aws" };

export const pluginCommands: readonly Command[] = [
  {
    words: ["plugin", "list"],
    summary: "Plugins that are here, and which of them may run",
    arguments: [],
    options: [],
    examples: ["plugin list", "plugin list --json"],
    load: () => import("../commands/plugin-list.ts"),
  },
  {
    words: ["plugin", "add"],
    summary: "Install a plugin where it is missing, and let it run",
    arguments: [{ name: "PACKAGE", description: "npm name, with a version if you like, or the folder of a plugin" }],
    options: [
      {
        name: "unlocked",
        description: "Its files are not checked from now on: for a plugin that you are writing.",
      },
    ],
    examples: ["plugin add @keywright/aws", "plugin add ./my-plugin --unlocked"],
    load: () => import("../commands/plugin-add.ts"),
  },
  {
    words: ["plugin", "remove"],
    summary: "No longer let a plugin run",
    arguments: [packageName],
    options: [],
    examples: ["plugin remove @keywright/aws"],
    load: () => import("../commands/plugin-remove.ts"),
  },
  {
    words: ["plugin", "verify"],
    summary: "Hold every file of the plugins against what was recorded",
    arguments: [{ ...packageName, optional: true }],
    options: [],
    examples: ["plugin verify", "plugin verify @keywright/aws"],
    load: () => import("../commands/plugin-verify.ts"),
  },
  {
    words: ["plugin", "create"],
    summary: "Scaffold a plugin, or add to one; runs create-keywright-plugin",
    arguments: [],
    options: [],
    examples: ["plugin create", "plugin create keywright-plugin-acme --id acme"],
    rest: "[FOLDER] [OPTION]…",
    passes: true,
    load: () => import("../commands/plugin-create.ts"),
  },
  {
    words: ["plugin", "build"],
    summary: "Write the generated/ folder of a plugin: manifest, JSON Schemas, reference",
    arguments: [{ name: "FOLDER", description: "the plugin; this folder when left out", optional: true }],
    options: [{ name: "check", description: "Compare only; status 1 when a file is not current." }],
    examples: ["plugin build", "plugin build ./my-plugin --check"],
    load: () => import("../commands/plugin-build.ts"),
  },
];
