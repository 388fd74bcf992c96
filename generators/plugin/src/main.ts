/** The command line: reads, asks, computes, writes, says what comes next. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UsageError } from "./names.ts";
import { help, isPluginFolder, parseGiven, placeOf } from "./request.ts";
import { nextSteps, type Request, scaffold } from "./scaffold.ts";
import { readTree } from "./tree.ts";
import { writeInto, writeNew } from "./write.ts";

type Io = {
  readonly cwd: string;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
  /** A person sits there and can be asked. */
  readonly interactive: boolean;
};
const version = () =>
  (JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string }).version;
const licence = () => {
  const path = join(import.meta.dirname, "../LICENSE");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const run = async (argv: readonly string[], io: Io): Promise<void> => {
  const given = parseGiven(argv);
  if (given.help) return io.print(help);
  if (given.version) return io.print(`${version()}\n`);
  const adding = isPluginFolder(given.folder === undefined ? io.cwd : join(io.cwd, given.folder));
  let { kind = adding ? undefined : ("connector" as const), id } = given;
  if (kind === undefined || id === undefined) {
    if (!io.interactive || given.yes || given.json)
      throw new UsageError(
        kind === undefined ? "What shall be added? There is no --kind." : "What shall it be called? There is no --id.",
        "For example: --kind connector --id acme. See --help.",
      );
    const { ask } = await import("./questions.ts");
    ({ kind, id } = await ask(given, adding));
  }
  const place = placeOf(io.cwd, given, id);
  const request: Request = { ...given, kind, id, place, licence: place.how === "workspace" ? licence() : "" };
  const present = readTree(place.folder);
  const changes = scaffold(request, present);
  const { created, edited } = changes;
  if (!given.dryRun) {
    if (place.how === "add") writeInto(place.folder, changes, present);
    else writeNew(place.folder, created);
  }
  const shown = relative(io.cwd, place.folder) || ".";
  const steps = nextSteps(request, shown);
  if (given.json)
    return io.print(
      `${JSON.stringify({ folder: place.folder, written: !given.dryRun, created: [...created.keys()], edited: [...edited.keys()], next: steps }, null, 2)}\n`,
    );
  const lines = [
    ...[...created.keys()].map((path) => `  created  ${path}`),
    ...[...edited.keys()].map((path) => `  edited   ${path}`),
  ];
  io.print(
    `${given.dryRun ? "Would write in" : "Wrote in"} ${shown}:\n${lines.join("\n")}\n\nNext:\n${steps.map((step) => `  ${step}`).join("\n")}\n`,
  );
};

export const main = async (argv: readonly string[], io: Io): Promise<number> => {
  try {
    await run(argv, io);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    if (argv.includes("--json"))
      io.print(`${JSON.stringify({ error: { message: error.message, hint: error.hint } }, null, 2)}\n`);
    else io.complain(`error: ${error.message}\n  ${error.hint}\n`);
    return 2;
  }
};
export const start = async (argv: readonly string[]): Promise<void> => {
  process.exitCode = await main(argv, {
    cwd: process.cwd(),
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
    interactive: process.stdin.isTTY && process.stderr.isTTY,
  });
};
