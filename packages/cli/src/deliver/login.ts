/** `connector login` and `logout`: entries in other programs' configuration, and the way back. */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type Broker, type Environment, type Grant, type GrantRequest } from "@keywright/broker";
import { KeywrightError, revealAll } from "@keywright/core";
import {
  awsProfileLines,
  type AwsSession,
  type DockerLogin,
  kubeconfigEntries,
  type Kubernetes,
  registryHost,
} from "@keywright/credentials/render";
import { addProfile, checkProfileName, hasStaticKeys, profileIn, removeProfile } from "./aws-config.ts";
import { addHelper, dockerSuffix, helperIn, removeHelper } from "./docker-config.ts";
import { applyEdits, digestOf, type Edit, undoEdits, undoMoved } from "./edits.ts";
import { editFile, readText, replaceFile, targetOf } from "./files.ts";
import { changeLogins, type Login, readLogins } from "./logins.ts";
import { helperCommand, shimOf } from "./place.ts";
import { requestArguments } from "./request.ts";

export type LoginHost = { readonly broker: Broker; readonly environment: Environment };
export type LoginOptions = {
  readonly request: GrantRequest;
  readonly profile?: string | undefined;
  readonly context?: string | undefined;
};
export type LoggedIn = {
  readonly kind: Login["kind"];
  readonly name: string;
  readonly file: string;
  /** How to use it, as a command line. */
  readonly use: string;
  /** What the person still has to know or do. */
  readonly notes: readonly string[];
};

/** How one kind of file takes an entry, and gives it back. */
type Format = {
  /** Text of a file that was not there. */
  readonly empty: string;
  readonly find: (text: string, name: string) => "ours" | "foreign" | null;
  /** By its name, where the file was changed since; null: there is none of ours. */
  readonly remove: (text: string, login: Login) => string | null;
  /** Nothing is left but what we began with. */
  readonly isEmpty: (text: string) => boolean;
};
const formats: Readonly<Record<Login["kind"], () => Promise<Format>>> = {
  "aws-profile": async () => ({
    empty: "",
    find: profileIn,
    remove: (text, { name }) => removeProfile(text, name),
    isEmpty: (text) => text.trim() === "",
  }),
  docker: async () => ({
    empty: "{\n}\n",
    find: helperIn,
    remove: (text, { name, edits }) =>
      removeHelper(
        text,
        name,
        edits.some(({ inserted }) => inserted.includes('"credHelpers"')),
      ),
    isEmpty: (text) => Object.keys(JSON.parse(text) as object).length === 0,
  }),
  kubernetes: async () => {
    const { emptyKubeconfig, entryIn, isEmptyKubeconfig, removeEntries } = await import("./kubeconfig.ts");
    return {
      empty: emptyKubeconfig,
      find: entryIn,
      remove: (text, { name }) => removeEntries(text, name),
      isEmpty: isEmptyKubeconfig,
    };
  },
};

/** To the byte where nothing else changed, without our entry where something did. */
const undo = (text: string, login: Login, format: Format): string => {
  if (digestOf(text) === login.written && login.edits.length > 0) return undoEdits(text, login.edits);
  const moved = login.edits.length > 0 ? undoMoved(text, login.edits) : null;
  try {
    if (moved !== null && format.find(moved, login.name) === null) return moved;
  } catch {
    // What is left does not parse: by its name, then.
  }
  return format.remove(text, login) ?? text;
};

type Entry = Pick<Login, "kind" | "name" | "file" | "username"> & {
  readonly request: GrantRequest;
  /** Null: the whole text has to be rewritten, with `rewrite`. */
  readonly edits: (text: string) => readonly Edit[] | null;
  readonly rewrite?: (text: string) => string;
  readonly otherwise: string;
};

const put = async (home: string, entry: Entry): Promise<void> => {
  const { kind, name, request } = entry;
  const format = await formats[kind]();
  const file = targetOf(entry.file);
  const before = readLogins(home).find((one) => one.kind === kind && one.name === name && one.file === file);
  let remembered: Login | null = null;
  const next = (text: string | null): string => {
    const own = before && text !== null ? undo(text, before, format) : text;
    const base = own === null || (own.trim() === "" && kind !== "aws-profile") ? format.empty : own;
    if (format.find(base, name) !== null) {
      throw new KeywrightError(
        "name-taken",
        `${entry.file} already has an entry ${name} that Keywright did not write.`,
        { hint: entry.otherwise },
      );
    }
    const edits = entry.edits(base);
    const after = edits ? applyEdits(base, edits) : (entry.rewrite?.(base) ?? base);
    const nothing = text === null || (text.trim() === "" && kind !== "aws-profile");
    const blank = before ? before.blank : nothing ? text : undefined;
    remembered = {
      kind,
      name,
      file,
      request,
      ...(blank !== undefined && { blank }),
      written: digestOf(after),
      edits: edits ?? [],
      ...(entry.username !== undefined && { username: entry.username }),
    };
    return after;
  };
  // Known before it is there, so that a kill in between leaves nothing that logout cannot undo.
  next(readText(file));
  await changeLogins(home, remembered);
  try {
    await editFile(file, next);
  } catch (error) {
    await changeLogins(home, before ?? null, remembered ? [remembered] : []);
    throw error;
  }
  await changeLogins(home, remembered);
};

const userHome = (environment: Environment): string => environment["HOME"] ?? homedir();
const awsFile = (environment: Environment, variable: string, name: string) =>
  environment[variable] ?? join(userHome(environment), ".aws", name);
const helperArgumentsOf = (broker: Broker, request: GrantRequest) => [
  "--home",
  broker.directory,
  ...requestArguments(request),
];

const loginAws = async (
  { broker, environment }: LoginHost,
  { request, profile = request.connector }: LoginOptions,
  grant: Grant,
): Promise<LoggedIn> => {
  checkProfileName(profile);
  const file = awsFile(environment, "AWS_CONFIG_FILE", "config");
  const credentials = awsFile(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  if (hasStaticKeys(readText(credentials) ?? "", profile)) {
    throw new KeywrightError(
      "name-taken",
      `${credentials} has keys for a profile ${profile}, which clients would take instead.`,
      { hint: "Choose another: --profile NAME." },
    );
  }
  const session = revealAll(grant.credential) as AwsSession;
  const lines = awsProfileLines(
    profile,
    session,
    helperCommand("credential-process", helperArgumentsOf(broker, request)),
  );
  await put(broker.directory, {
    kind: "aws-profile",
    name: profile,
    file,
    request,
    edits: (text) => addProfile(text, profile, lines),
    otherwise: "Choose another: --profile NAME.",
  });
  const { seconds } = grant.lifetime;
  const notes =
    seconds !== null && seconds < 1200
      ? [
          `Grants of ${seconds} s are renewed at every call of boto3 and the AWS CLI; ask for 20 minutes or more with --ttl.`,
        ]
      : [];
  return { kind: "aws-profile", name: profile, file, use: `aws --profile ${profile} sts get-caller-identity`, notes };
};

/** The program that docker looks for on PATH. */
const shimPath = (home: string): string => join(home, "bin", `docker-credential-${dockerSuffix}`);
const writeShim = (home: string): string => {
  const shim = shimPath(home);
  mkdirSync(join(home, "bin"), { recursive: true, mode: 0o700 });
  replaceFile(shim, shimOf(helperCommand("docker-credential", ["--home", home])), 0o700);
  chmodSync(shim, 0o700);
  return shim;
};
const onPath = (environment: Environment, shim: string): boolean =>
  (environment["PATH"] ?? "")
    .split(delimiter)
    .some(
      (directory) =>
        directory !== "" && readText(join(directory, `docker-credential-${dockerSuffix}`)) === readText(shim),
    );

const loginDocker = async (
  { broker, environment }: LoginHost,
  { request }: LoginOptions,
  grant: Grant,
): Promise<LoggedIn> => {
  const { registry, username } = revealAll(grant.credential) as DockerLogin;
  const file = join(environment["DOCKER_CONFIG"] ?? join(userHome(environment), ".docker"), "config.json");
  const shim = writeShim(broker.directory);
  // Spelled as the client will look it up.
  const host = registryHost(registry);
  await put(broker.directory, {
    kind: "docker",
    name: host,
    file,
    request,
    username,
    edits: (text) => addHelper(text, host),
    otherwise: `Remove its credHelpers entry for ${host} first.`,
  });
  const notes = onPath(environment, shim)
    ? []
    : [
        `docker finds its helper on PATH, and docker-credential-${dockerSuffix} is not there. Either: export PATH="${join(broker.directory, "bin")}:$PATH"`,
        `or: sudo ln -s "${shim}" /usr/local/bin/`,
      ];
  return { kind: "docker", name: host, file, use: `docker pull ${host}/REPOSITORY`, notes };
};

const loginKubernetes = async (
  { broker, environment }: LoginHost,
  { request, context }: LoginOptions,
  grant: Grant,
): Promise<LoggedIn> => {
  const { addEntries, rewriteWith } = await import("./kubeconfig.ts");
  const access = revealAll(grant.credential) as Kubernetes;
  const name = context ?? request.connector;
  const [first = ""] = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((one) => one !== "");
  const file = first === "" ? join(userHome(environment), ".kube", "config") : first;
  const entries = kubeconfigEntries(name, access, helperCommand("kubernetes-exec", helperArgumentsOf(broker, request)));
  await put(broker.directory, {
    kind: "kubernetes",
    name,
    file,
    request,
    edits: (text) => addEntries(text, entries),
    rewrite: (text) => rewriteWith(text, entries),
    otherwise: "Choose another: --context NAME.",
  });
  return { kind: "kubernetes", name, file, use: `kubectl --context ${name} get namespaces`, notes: [] };
};

const logins: Readonly<Record<string, (host: LoginHost, options: LoginOptions, grant: Grant) => Promise<LoggedIn>>> = {
  "aws-session": loginAws,
  "docker-login": loginDocker,
  kubernetes: loginKubernetes,
};

/** Takes one grant, which proves that the entry will work and says what to write. */
export const login = async (host: LoginHost, options: LoginOptions): Promise<LoggedIn> => {
  const { broker, environment } = host;
  const grant = await broker.grants.issue(options.request);
  const write = logins[grant.kind];
  if (!write)
    throw new KeywrightError("unsupported", `No client is known that takes a credential of kind ${grant.kind}.`, {
      hint: "Use keywright run, or grant issue.",
    });
  const done = await write(host, options, grant);
  broker.audit.record("connector.login", grant.connector, { kind: done.kind, name: done.name, file: done.file });
  if (broker.key()?.source !== "environment" || (environment["KEYWRIGHT_KEY"] ?? "") === "") return done;
  return {
    ...done,
    notes: [
      ...done.notes,
      "The key of this state comes from KEYWRIGHT_KEY: programs that use the entry need it in their environment.",
    ],
  };
};

export type LogoutFilter = Partial<Pick<GrantRequest, "resourceType" | "resourceId" | "access">> & {
  readonly profile?: string | undefined;
  readonly context?: string | undefined;
};
export type LoggedOut = Pick<Login, "kind" | "name" | "file">;

const matches = (login: Login, connector: string, filter: LogoutFilter): boolean =>
  login.request.connector === connector &&
  (filter.resourceType === undefined || login.request.resourceType === filter.resourceType) &&
  (filter.resourceId === undefined || login.request.resourceId === filter.resourceId) &&
  (filter.access === undefined || login.request.access === filter.access) &&
  (filter.profile === undefined || (login.kind === "aws-profile" && login.name === filter.profile)) &&
  (filter.context === undefined || (login.kind === "kubernetes" && login.name === filter.context));

/** Takes back what `login` wrote for a connector, the newest first; the connector itself may be gone already. */
export const logout = async (
  { broker }: LoginHost,
  connector: string,
  filter: LogoutFilter = {},
): Promise<readonly LoggedOut[]> => {
  const home = broker.directory;
  const found = readLogins(home)
    .filter((one) => matches(one, connector, filter))
    .toReversed();
  if (found.length === 0) {
    throw new KeywrightError(
      "usage",
      `There is no login of ${connector}${Object.values(filter).some((one) => one !== undefined) ? " of that kind" : ""} to undo.`,
      { hint: "keywright connector login writes one." },
    );
  }
  for (const one of found) {
    const format = await formats[one.kind]();
    if (readText(one.file) !== null) {
      await editFile(one.file, (text) => {
        const rest = undo(text ?? "", one, format);
        return one.blank !== undefined && format.isEmpty(rest) ? one.blank : rest;
      });
    }
    await changeLogins(home, null, [one]);
    broker.audit.record("connector.logout", connector, { kind: one.kind, name: one.name, file: one.file });
  }
  if (!readLogins(home).some(({ kind }) => kind === "docker")) rmSync(shimPath(home), { force: true });
  return found.map(({ kind, name, file }) => ({ kind, name, file }));
};
