/** Where this installation is, for entries that must work from any folder. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The committed script that `keywright` and `kw` are links to. */
export const scriptPath = (): string => {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const script = join(directory, "bin", "keywright.js");
    if (existsSync(script)) return script;
    if (dirname(directory) === directory) throw new Error("bin/keywright.js is missing: reinstall keywright.");
  }
};

/** Folders of the plugins that are part of Keywright. */
export const builtInPlugins = (): string[] => [
  dirname(createRequire(import.meta.url).resolve("@keywright/local/package.json")),
];

/** The command line of one of our helpers, absolute and complete. */
export const helperCommand = (name: string, args: readonly string[]) => ({
  command: process.execPath,
  args: [scriptPath(), name, ...args],
});

const single = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
/** A program of its own name, for clients that look for one on PATH. */
export const shimOf = ({ command, args }: { readonly command: string; readonly args: readonly string[] }): string =>
  `#!/bin/sh\n# Written by keywright.\nexec ${[command, ...args].map(single).join(" ")} "$@"\n`;
