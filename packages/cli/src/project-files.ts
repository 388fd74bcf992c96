/** Reads the files that a person writes for Keywright: `keywright.json`, and answers for `connector register`. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { KeywrightError } from "@keywright/core/errors";
import type { JsonSchema } from "@keywright/manifest";
import type { Given } from "./arguments.ts";
import type { Context, Options } from "./context.ts";
import { plain, remark } from "./output.ts";

export const configurationFile = "keywright.json";
export type Configuration = {
  readonly grant?: {
    readonly connector: string;
    readonly resourceType?: string;
    readonly resourceId?: string;
    readonly access?: string;
    readonly ttl?: string;
  };
  readonly types?: { readonly output?: string };
};
export type Answers = {
  readonly name?: string;
  readonly type: string;
  readonly authMethod?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, string>>;
  readonly resourceTypes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly allowEndpoints?: readonly string[];
  readonly allowCommands?: readonly string[];
  readonly [setting: string]: unknown;
};

const largest = 1_048_576;
const invalid = (path: string, what: string, hint: string, cause?: unknown) =>
  new KeywrightError("config-invalid", `${path} ${what}.`, { hint, cause });
const parsed = async (path: string): Promise<unknown> => {
  let text = "";
  try {
    if (statSync(path).size > largest) throw invalid(path, "is larger than 1 MiB", "Is it the right file?");
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (KeywrightError.is(error)) throw error;
    const { code, message } = error as { code?: string; message: string };
    const why = { ENOENT: "does not exist", EISDIR: "is a folder", EACCES: "is not yours to read" }[code ?? ""];
    throw invalid(path, why ?? `cannot be read: ${message}`, "Check the path.", error);
  }
  const { parseDocument } = await import("./yaml-document.ts");
  // JSON is YAML; what is twice in it is told too.
  const document = parseDocument(text, { uniqueKeys: true });
  const [problem] = document.errors;
  if (problem) {
    const [start] = problem.linePos ?? [];
    throw invalid(
      path,
      `cannot be read${start ? ` at line ${start.line}, column ${start.col}` : ""}: ${(problem.message.split("\n")[0] ?? "").replace(/ at line .*$/, "").replace(/[.:]$/, "")}`,
      "Write JSON or YAML.",
      problem,
    );
  }
  try {
    return document.toJS({ maxAliasCount: 10 }) as unknown;
  } catch (cause) {
    throw invalid(path, `cannot be read: ${(cause as Error).message}`, "Write it without so many aliases.", cause);
  }
};
const validated = async <T>(path: string, schema: JsonSchema): Promise<T> => {
  const { validate } = await import("@keywright/manifest/validate");
  return validate(schema, await parsed(path), path) as T;
};

/** The nearest `keywright.json` upward, as package.json is found; null: there is none. */
export const configurationPath = (cwd: string): string | null => {
  for (let directory = cwd; ; directory = dirname(directory)) {
    const path = join(directory, configurationFile);
    if (existsSync(path)) return path;
    if (existsSync(join(directory, "package.json")) || dirname(directory) === directory) return null;
  }
};
export const readConfiguration = async (cwd: string): Promise<Configuration> => {
  const path = configurationPath(cwd);
  if (path === null) return {};
  const { configurationSchema } = await import("./file-schemas.ts");
  return validated<Configuration>(path, configurationSchema);
};

const spelled = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
/** The options of a command line that would say the same. */
export const optionsOf = (answers: Answers): { readonly options: Options; readonly fields: readonly Given[] } => {
  const { type, authMethod, config = {}, secret = {}, resourceTypes, labels, allowEndpoints, allowCommands } = answers;
  const plain = ["resourceId", "description", "expiresAt", "skew", "lifetime"].flatMap((name) =>
    typeof answers[name] === "string" ? [[name, answers[name]] as const] : [],
  );
  const switches = ["allowUnconfined", "allowMainCredential"].flatMap((name) =>
    answers[name] === true ? [[name, true] as const] : [],
  );
  return {
    options: {
      type,
      ...(authMethod !== undefined && { authMethod }),
      ...(resourceTypes && { resourceType: resourceTypes }),
      ...(labels && { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) }),
      ...(allowEndpoints && { allowEndpoint: allowEndpoints }),
      ...(allowCommands && { allowCommand: allowCommands }),
      ...Object.fromEntries<string | true>([...plain, ...switches]),
    },
    fields: [
      ...Object.entries(config).flatMap(([name, value]) =>
        (Array.isArray(value) ? (value as unknown[]) : [value]).map((one) => ({ name, value: spelled(one) })),
      ),
      ...Object.entries(secret).map(([name, value]) => ({ name, value })),
    ],
  };
};
/** The command as it would be with the answers of `--answers FILE`; what the command line itself says stands above them. */
export const withAnswers = async (context: Context, file: string): Promise<Context> => {
  const path = resolve(context.cwd, file);
  const { answersSchema } = await import("./file-schemas.ts");
  const answers = await validated<Answers>(path, answersSchema);
  const { options, fields } = optionsOf(answers);
  // The file may be anybody's: what it permits, and what it reads elsewhere, is said before anything is done.
  const permits = [
    ...(answers["allowUnconfined"] === true ? ["grants wider than asked"] : []),
    ...(answers["allowMainCredential"] === true ? ["that the stored credential leaves"] : []),
    ...(answers.allowEndpoints ?? []).map((one) => `to dial ${one}`),
    ...(answers.allowCommands ?? []).map((one) => `to run ${one}`),
    ...Object.values(answers.secret ?? {})
      .filter(
        (one) => one.startsWith("@") && relative(dirname(path), resolve(dirname(path), one.slice(1))).startsWith(".."),
      )
      .map((one) => `to read ${one.slice(1)}`),
  ];
  for (const one of permits) remark(context, plain(`${file} permits ${one}.`));
  const own = new Set(context.fields.map(({ name }) => name.replaceAll("-", "").toLowerCase()));
  return Object.assign(Object.create(context) as Context, {
    args: context.args.length > 0 ? context.args : answers.name === undefined ? [] : [answers.name],
    options: { ...options, ...context.options },
    fields: [...fields.filter(({ name }) => !own.has(name.toLowerCase())), ...context.fields],
    // @FILE of a secret is from where the answers are.
    cwd: dirname(path),
  });
};
