/** Writes what this project's connectors are as TypeScript, from manifests and the state; with `--list`, from providers too. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { projectOf } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import { type Context, flag, text } from "../context.ts";
import { plain, print, printJson, remark } from "../output.ts";
import { withProgress } from "../progress.ts";
import { configurationPath, readConfiguration } from "../project-files.ts";
import { declarationsOf, seenKey, type TypesInput } from "../type-declarations.ts";

/** Where `--output` or keywright.json say; else beside the sources that a compiler is told of. */
const outputOf = async (context: Context): Promise<string> => {
  const given = text(context.options, "output");
  if (given !== undefined) return resolve(context.cwd, given);
  const { types } = await readConfiguration(context.cwd);
  if (types?.output !== undefined) {
    const folder = dirname(configurationPath(context.cwd) ?? context.cwd);
    const path = resolve(folder, types.output);
    const real = existsSync(dirname(path)) ? join(realpathSync(dirname(path)), basename(path)) : path;
    if (!relative(realpathSync(folder), real).startsWith("..")) return path;
    throw new KeywrightError("config-invalid", `keywright.json writes types outside its folder: ${types.output}.`, {
      hint: "Name a file of the project, or give --output.",
    });
  }
  const project = projectOf(context.cwd) ?? context.cwd;
  const places = [join(project, "src", "keywright.d.ts"), join(project, "keywright.d.ts")] as const;
  // Where it is already: two of them would contradict each other.
  const there = places.find((path) => existsSync(path));
  return there ?? (existsSync(join(project, "src")) ? places[0] : places[1]);
};
const write = (path: string, content: string) => {
  const draft = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  try {
    // `wx`: never through a link that somebody laid there.
    writeFileSync(draft, content, { flag: "wx" });
    renameSync(draft, path);
  } catch (cause) {
    throw new KeywrightError("usage", `${path} cannot be written: ${(cause as Error).message}.`, {
      hint: "Name a file in a folder that is there: --output src/keywright.d.ts",
      cause,
    });
  } finally {
    rmSync(draft, { force: true });
  }
};

export const run = async (context: Context): Promise<number> => {
  const path = await outputOf(context);
  if (!path.endsWith(".d.ts"))
    throw new KeywrightError("usage", `${path} is no declaration file.`, { hint: "Its name ends in .d.ts." });
  const broker = await context.openBroker();
  const connectors = broker.connectors.list();
  const types = new Map(
    broker.plugins.connectorTypes().map(({ type, plugin }) => [type.id, { type, manifest: plugin.manifest() }]),
  );
  const seen = new Map<string, string[]>();
  if (flag(context.options, "list")) {
    await withProgress(context, "Listing", async ({ clear }) => {
      for await (const one of broker.resources.list({ signal: context.signal })) {
        if ("error" in one) {
          clear();
          remark(context, `warning: ${one.connector}: ${plain(one.error.message)}`);
          continue;
        }
        if (one.resourceId === null) continue;
        const key = seenKey(one.connector, one.resourceType);
        seen.set(key, [...(seen.get(key) ?? []), one.resourceId]);
      }
    });
  }
  const input: TypesInput = { connectors, typeOf: (id) => types.get(id) ?? null, seen };
  const content = declarationsOf(input);
  const current = existsSync(path) && readFileSync(path, "utf8") === content;
  const shown = relative(context.cwd, path);
  if (flag(context.options, "check")) {
    if (context.json) printJson(context, { path, current });
    else print(context, current ? `${shown} is current.` : `${shown} is not current: keywright types`);
    return current ? 0 : 1;
  }
  if (!current) write(path, content);
  if (context.json) printJson(context, { path, connectors: connectors.length, changed: !current });
  else print(context, `${connectors.length} connectors in ${shown}${current ? ", which was current" : ""}.`);
  return 0;
};
