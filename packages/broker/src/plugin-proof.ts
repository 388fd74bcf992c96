/** Holds a plugin's code against its manifest, before anything is recorded: what was reviewed is what runs. */
import { pathToFileURL } from "node:url";
import { contractVersion, KeywrightError, type Plugin } from "@keywright/core";
import type { Manifest } from "@keywright/manifest";
import { manifestOf } from "@keywright/manifest/plugin";
import type { InstalledPlugin } from "./plugin-package.ts";

const invalid = (plugin: InstalledPlugin, what: string, hint: string, cause?: unknown) =>
  new KeywrightError("plugin-invalid", `${plugin.package} ${what}.`, { hint, cause });

/** Runs the plugin's entry, and nothing of its runtime. */
export const importPlugin = async (plugin: InstalledPlugin): Promise<Plugin> => {
  const entry = plugin.entry();
  const module = (await import(pathToFileURL(entry).href).catch((cause: unknown) => {
    throw invalid(
      plugin,
      `could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Install what it depends on: npm install. With --debug its own error is shown.",
      cause,
    );
  })) as { readonly default?: Plugin };
  const { default: made } = module;
  if (!made || typeof made !== "object" || typeof made.contract !== "number")
    throw invalid(
      plugin,
      "has no plugin as its default export",
      "Its entry must `export default definePlugin({ … })`.",
    );
  if (made.contract !== contractVersion) {
    throw new KeywrightError(
      "plugin-incompatible",
      `${plugin.package} is of contract ${made.contract}; this Keywright knows ${contractVersion}.`,
      { hint: made.contract > contractVersion ? "Upgrade keywright." : `Upgrade ${plugin.package}.` },
    );
  }
  return made;
};

/** Its runtimes as well, at once: what was just checked is what runs, and not what lies there when a first call comes. */
export const importWhole = async (plugin: InstalledPlugin): Promise<Plugin> => {
  const code = await importPlugin(plugin);
  const parts = [...(code.connectors ?? []), ...(code.secretStores ?? []), ...(code.flavors ?? [])];
  await Promise.all(parts.map(({ load }) => load())).catch((cause: unknown) => {
    throw invalid(
      plugin,
      `has a runtime that could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Install what it depends on: npm install.",
      cause,
    );
  });
  return code;
};

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSchema = (value: Json) => value["type"] === "object" && isObject(value["properties"]);
/**
 * What decides over access, word for word; of schemas the names alone, and which are asked for or secret, since another
 * release of the schema library may spell the rest of them in another way.
 */
const skeleton = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(skeleton);
  if (!isObject(value)) return value;
  if (isSchema(value)) {
    const properties = value["properties"] as Readonly<Record<string, Json>>;
    const required = new Set(value["required"] as readonly string[] | undefined);
    return Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [
        name,
        { required: required.has(name), secret: one["writeOnly"] === true },
      ]),
    );
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !["$comment", "title", "description", "note", "example"].includes(key))
      .map(([key, one]) => [key, skeleton(one)]),
  );
};
/** Paths at which two documents differ: `connectors.0.hosts.1`. */
const differing = (a: unknown, b: unknown, path = ""): string[] => {
  if (Object.is(a, b)) return [];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [path];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differing((a as Json)[key], (b as Json)[key], path === "" ? key : `${path}.${key}`));
};
/** Ids in place of positions, as a person reads them: `connectors.aws.hosts`. */
const readable = (manifest: Manifest, path: string): string => {
  let at: unknown = manifest;
  const words = path.split(".").map((key) => {
    at = isObject(at) || Array.isArray(at) ? (at as Json)[key] : undefined;
    const type = isObject(at) && isObject(at["type"]) ? at["type"] : at;
    const id = isObject(type) && typeof type["id"] === "string" ? type["id"] : null;
    return /^\d+$/.test(key) && id !== null ? id : key;
  });
  return words.join(".");
};
const heldTo = (plugin: InstalledPlugin, code: Plugin): void => {
  const shipped = plugin.manifest();
  const declared = manifestOf(code, plugin.package);
  const wrong = differing(skeleton(shipped), skeleton(declared)).map((path) => readable(shipped, path));
  if (wrong.length === 0) return;
  throw new KeywrightError(
    "plugin-invalid",
    `The manifest of ${plugin.package} is not what its code declares: ${wrong.slice(0, 5).join(", ")}${wrong.length > 5 ? ` and ${wrong.length - 5} more` : ""}.`,
    { hint: "If it is yours: keywright plugin build. Otherwise do not use it, and tell its author.", data: { wrong } },
  );
};

const idsOf = (runtime: unknown, key: string): readonly string[] =>
  isObject(runtime) && isObject(runtime[key]) ? Object.keys(runtime[key]) : [];
/** Declared and not implemented, the other way round, in words. */
const unmatched = (declared: readonly string[], implemented: readonly string[], what: string): string[] => [
  ...declared.filter((id) => !implemented.includes(id)).map((id) => `the ${what} ${id} has no runtime`),
  ...implemented.filter((id) => !declared.includes(id)).map((id) => `the runtime's ${what} ${id} is not declared`),
];
const runtimeProblems = async (code: Plugin): Promise<string[]> => {
  const problems: string[] = [];
  for (const { type, load } of code.connectors ?? []) {
    const runtime = (await load()).default as unknown;
    problems.push(
      ...unmatched(
        type.authMethods.map(({ id }) => id),
        idsOf(runtime, "authMethods"),
        `auth method of ${type.id}`,
      ),
      ...unmatched(
        type.resources.map((offer) => offer.type.id),
        idsOf(runtime, "resources"),
        `resource type of ${type.id}`,
      ),
    );
  }
  for (const { type, load } of [...(code.secretStores ?? []), ...(code.flavors ?? [])]) {
    const runtime = (await load()).default as unknown;
    if (!isObject(runtime) || typeof runtime["open"] !== "function") problems.push(`${type.id} has no open()`);
  }
  return problems;
};

/** The code, once it is what the manifest says. Runs the entry and loads every runtime; calls none of them. */
export const provePlugin = async (plugin: InstalledPlugin): Promise<Plugin> => {
  plugin.manifest();
  const code = await importPlugin(plugin);
  heldTo(plugin, code);
  const problems = await runtimeProblems(code).catch((cause: unknown) => {
    throw invalid(
      plugin,
      `has a runtime that could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      "Install what it depends on: npm install.",
      cause,
    );
  });
  if (problems.length > 0)
    throw new KeywrightError("plugin-invalid", `${plugin.package} declares what it lacks: ${problems.join("; ")}.`, {
      hint: "Do not use it, and tell its author; if it is yours, mend its runtime.",
      data: { problems },
    });
  return code;
};
