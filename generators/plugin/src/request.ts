/** What is asked for: kinds, options, and where the files go. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { checkId, checkPackage, UsageError } from "./names.ts";

export const kinds = [
  {
    id: "connector",
    of: "connector type",
    about: "a service to hand out credentials of, with auth methods and resource types",
  },
  { id: "auth-method", of: "auth method", about: "one more way to authenticate, in a plugin that is there" },
  { id: "resource-type", of: "resource type", about: "one more class of thing to reach, in a plugin that is there" },
  { id: "secret-store", of: "secret store", about: "a backend that keeps secrets" },
  { id: "secret-schema", of: "secret schema", about: "fields of a secret, checked, prompted for and documented" },
  { id: "flavor", of: "component flavor", about: "a component of a stack, for example an artifact store" },
] as const;
export type Kind = (typeof kinds)[number]["id"];
const isKind = (value: string): value is Kind => kinds.some(({ id }) => id === value);
export const kindNamed = (value: string): Kind => {
  if (isKind(value)) return value;
  throw new UsageError(
    `There is no kind ${JSON.stringify(value)}.`,
    `Take one of: ${kinds.map(({ id }) => id).join(", ")}.`,
  );
};

export type Given = {
  readonly folder?: string | undefined;
  readonly kind?: Kind | undefined;
  readonly id?: string | undefined;
  readonly package?: string | undefined;
  readonly description?: string | undefined;
  readonly connector?: string | undefined;
  readonly authMethods: readonly string[];
  readonly resourceTypes: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly help: boolean;
  readonly version: boolean;
};
const options = {
  kind: { type: "string", short: "k" },
  id: { type: "string" },
  package: { type: "string" },
  description: { type: "string" },
  connector: { type: "string" },
  "auth-method": { type: "string", multiple: true },
  "resource-type": { type: "string", multiple: true },
  yes: { type: "boolean", short: "y" },
  json: { type: "boolean" },
  "dry-run": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

export const help = `Scaffold a Keywright plugin, or add to the one in a folder.

Usage: npm create keywright-plugin@latest [FOLDER] -- [OPTION]…

  -k, --kind KIND          ${kinds.map(({ id }) => id).join(", ")};
                           connector when left out
      --id ID              what to call it, in kebab-case: acme
      --package NAME       npm name of a new plugin; keywright-plugin-ID when left out
      --description TEXT   of a new plugin
      --auth-method ID     auth method of a new connector type; may be repeated
      --resource-type ID   resource type of a new connector type; may be repeated
      --connector ID       connector type to add to, where the plugin has several
  -y, --yes                ask nothing
      --dry-run            say what would be written, and write nothing
      --json               print one JSON document
  -h, --help               show this
      --version            show the version

Examples
  npm create keywright-plugin@latest keywright-plugin-acme -- --id acme
  npm create keywright-plugin@latest . -- --kind auth-method --id device-code
  npm create keywright-plugin@latest . -- --kind secret-store --id acme-vault
`;

export const parseGiven = (argv: readonly string[]): Given => {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [folder, extra] = positionals;
    if (extra !== undefined)
      throw new UsageError(`One folder is enough: what is ${JSON.stringify(extra)}?`, "See --help.");
    return {
      folder,
      kind: values.kind === undefined ? undefined : kindNamed(values.kind),
      id: values.id,
      package: values.package === undefined ? undefined : checkPackage(values.package),
      description: values.description,
      connector: values.connector,
      authMethods: (values["auth-method"] ?? []).map((id) => checkId(id, "auth method")),
      resourceTypes: (values["resource-type"] ?? []).map((id) => checkId(id, "resource type")),
      yes: values.yes ?? false,
      json: values.json ?? false,
      dryRun: values["dry-run"] ?? false,
      help: values.help ?? false,
      version: values.version ?? false,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split(". ")[0] ?? "That cannot be read.", "See --help.");
  }
};

const packageJsonIn = (folder: string): { readonly name?: string; readonly keywright?: unknown } | null => {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { name?: string };
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${(error as Error).message}.`, "Mend it first; nothing was written.");
  }
};
export const isPluginFolder = (folder: string): boolean => packageJsonIn(folder)?.keywright !== undefined;
/** The repository of Keywright itself, whose plugins live in `plugins/`. */
export const isRepository = (folder: string): boolean =>
  packageJsonIn(folder)?.name === "keywright-monorepo" && existsSync(join(folder, "plugins"));

export type Place = {
  readonly folder: string;
  /** `add`: a plugin is there; `own`: a new package; `workspace`: a new plugin of this repository. */
  readonly how: "add" | "own" | "workspace";
};
const emptyBut = new Set([".git", ".gitignore", ".DS_Store"]);
export const placeOf = (cwd: string, given: Given, id: string | null): Place => {
  const here = given.folder === undefined;
  if (here && isPluginFolder(cwd) && (given.package === undefined || id === null)) return { folder: cwd, how: "add" };
  const repository = isRepository(cwd);
  const named =
    given.folder ??
    (repository ? join("plugins", id ?? "") : basename(given.package ?? `keywright-plugin-${id ?? ""}`));
  const folder = resolve(cwd, named);
  if (isPluginFolder(folder)) return { folder, how: "add" };
  const found = existsSync(folder) ? readdirSync(folder).filter((name) => !emptyBut.has(name)) : [];
  if (found.length > 0)
    throw new UsageError(
      `${folder} is not empty (${found.slice(0, 3).join(", ")}), and is no plugin that could be added to.`,
      "Name another folder, or one that is not there yet. Nothing was written.",
    );
  const inRepository = isRepository(resolve(folder, "../.."));
  return { folder, how: inRepository ? "workspace" : "own" };
};
