/** Audit, doctor, types, schemas, key, completion. */
import type { Command } from "../command-table.ts";
import { connector } from "./shared.ts";

export const houseCommands: readonly Command[] = [
  {
    words: ["audit", "list"],
    summary: "What was done and asked, allowed or refused, newest first",
    arguments: [],
    options: [
      connector,
      { name: "action", value: "ACTION", description: "For example grant.issue." },
      { name: "grant", value: "ID", description: "What concerns this grant." },
      { name: "limit", value: "N", description: "At most so many; 50 when left out, 0 for all." },
    ],
    examples: ["audit list", "audit list --connector prod --action grant.mint"],
    load: () => import("../commands/audit-list.ts"),
  },
  {
    words: ["audit", "verify"],
    summary: "Prove that no row was changed, removed or moved",
    arguments: [],
    options: [],
    examples: ["audit verify"],
    load: () => import("../commands/audit-verify.ts"),
  },
  {
    words: ["doctor"],
    summary: "State folder, key, plugins, clock: what is well and what is not",
    arguments: [],
    options: [],
    examples: ["doctor"],
    load: () => import("../commands/doctor.ts"),
  },
  {
    words: ["types"],
    summary: "Write a .d.ts of the connectors, so that editors complete and compilers check",
    arguments: [],
    options: [
      { name: "output", value: "FILE", description: "Where to; keywright.d.ts, in src/ where that is, when left out." },
      { name: "list", description: "Ask providers, and name every resource too." },
      { name: "check", description: "Compare only; status 1 when it is not current." },
    ],
    examples: ["types", "types --list --output src/keywright.d.ts"],
    load: () => import("../commands/types.ts"),
  },
  {
    words: ["schema"],
    summary: "Print the JSON Schema of a file that Keywright reads, for editors",
    arguments: [{ name: "FILE", description: "configuration, lock, answers or manifest" }],
    options: [],
    examples: ["schema answers > answers.schema.json", "schema configuration"],
    load: () => import("../commands/schema.ts"),
  },
  {
    words: ["key", "rotate"],
    summary: "Seal everything anew under a new key",
    arguments: [],
    options: [],
    examples: ["key rotate"],
    load: () => import("../commands/key-rotate.ts"),
  },
  {
    words: ["completion"],
    summary: "Print the completion script of a shell",
    arguments: [{ name: "SHELL", description: "bash, zsh or fish" }],
    options: [],
    examples: ["completion bash > ~/.local/share/bash-completion/completions/keywright"],
    load: () => import("../commands/completion.ts"),
  },
  {
    words: ["__complete"],
    summary: "Names of connectors, for completion scripts",
    arguments: [],
    options: [],
    examples: [],
    hidden: true,
    load: () => import("../commands/complete.ts"),
  },
];
