/** Installs a plugin where the project lacks it, proves its code against its manifest, and records every file. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import {
  dependenciesOf,
  differences,
  readLock,
  type InstalledPlugin,
  installedIn,
  pluginAt,
  projectOf,
} from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import { argument, type Context, flag } from "../context.ts";
import { plain, print, printJson } from "../output.ts";
import { install } from "../package-manager.ts";
import { broughtBy } from "@keywright/broker";

const usage = (message: string, hint: string) => new KeywrightError("usage", message, { hint });
const noPlugin = (what: string) =>
  new KeywrightError("plugin-invalid", `${what} is no plugin: its package.json has no "keywright" key.`, {
    hint: 'A plugin names its manifest: "keywright": { "manifest": "./generated/manifest.json" }.',
  });
const nameAndRange = (spec: string) => {
  const found = /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@(.+))?$/.exec(spec);
  if (found) return { name: found[1] ?? "", range: found[2] };
  throw usage(
    `${JSON.stringify(spec.slice(0, 80))} is neither a package nor a folder.`,
    "Give an npm name (@keywright/aws), or a folder that is there (./my-plugin).",
  );
};

const fromFolder = async (context: Context, project: string | null, given: string): Promise<InstalledPlugin> => {
  const folder = realpathSync(resolve(context.cwd, given));
  const plugin = pluginAt(folder);
  if (!plugin) throw noPlugin(given);
  // What is wrong with it is said before anything is installed.
  plugin.manifest();
  plugin.entry();
  if (project === null || project === folder) return plugin;
  if (!dependenciesOf(project).includes(plugin.package)) await install(context, project, folder);
  const at = installedIn(project, plugin.package);
  if (at === folder) return plugin;
  throw new KeywrightError("plugin-conflict", `The project's ${plugin.package} is ${at ?? "missing"}, not ${folder}.`, {
    hint: `Replace it: npm uninstall ${plugin.package}, then the same command again.`,
  });
};
const fromRegistry = async (context: Context, project: string | null, spec: string): Promise<InstalledPlugin> => {
  const { name, range } = nameAndRange(spec);
  if (project === null)
    throw usage(
      "There is no package.json here or above, so there is no project to install a plugin in.",
      `npm init -y, then the same command again; or give the folder of a plugin.`,
    );
  if (range !== undefined || !dependenciesOf(project).includes(name) || installedIn(project, name) === null)
    await install(context, project, spec);
  const at = installedIn(project, name);
  const plugin = at === null ? null : pluginAt(at);
  if (!plugin) throw noPlugin(name);
  return plugin;
};
const isFolder = (context: Context, given: string) => {
  const path = resolve(context.cwd, given);
  const spelled = given === "." || given === ".." || /^\.{0,2}[/\\]|^~/.test(given) || given.includes(sep + sep);
  const there = existsSync(path) && statSync(path).isDirectory();
  if (spelled && !there) throw usage(`There is no folder ${path}.`, "Check how it is spelled.");
  return there && (spelled || existsSync(join(path, "package.json")));
};

export const run = async (context: Context): Promise<void> => {
  const given = argument(context, 0);
  const project = projectOf(context.cwd);
  const plugin = isFolder(context, given)
    ? await fromFolder(context, project, given)
    : await fromRegistry(context, project, given);
  const broker = await context.openBroker();
  const path = broker.plugins.lockPath();
  const recorded = readLock(path)?.[plugin.package];
  const replaced = recorded?.files ? differences(recorded.files, plugin.files()) : [];
  const fresh = await broker.plugins.enable(plugin, {
    accept: true,
    ...(flag(context.options, "unlocked") && { unlocked: true }),
  });
  const brings = broughtBy(plugin.manifest());
  const lock = path;
  for (const { file, how } of context.json ? [] : replaced.slice(0, 20)) print(context, plain(`${how}  ${file}`));
  if (replaced.length > 20) print(context, `and ${replaced.length - 20} more`);
  if (context.json) {
    return printJson(context, {
      package: plugin.package,
      version: plugin.version,
      directory: plugin.directory,
      brings,
      changed: fresh,
      replaced,
      lock,
    });
  }
  print(
    context,
    `${fresh ? "Enabled" : "Already enabled, and unchanged:"} ${plugin.package} ${plugin.version}: ${brings.join(", ")}.`,
  );
  if (flag(context.options, "unlocked"))
    print(context, "Its files are not checked. Once it is done: keywright plugin add without --unlocked.");
  else
    print(
      context,
      `${Object.keys(plugin.files()).length} files are recorded in ${lock}, to be reviewed and committed.`,
    );
};
