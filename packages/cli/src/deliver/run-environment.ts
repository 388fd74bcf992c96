/** What a child of `run` finds: our credential by every way its clients look, and no other. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Environment, Grant } from "@keywright/broker";
import { revealAll } from "@keywright/core";
import {
  awsCompetingVariables,
  awsEndpointEnvironment,
  awsFileEnvironment,
  type AwsSession,
  awsStaticEnvironment,
  type DockerLogin,
  kubeconfigEntries,
  type Kubernetes,
} from "@keywright/credentials/render";
import { withoutCredentials } from "./aws-config.ts";
import { dockerConfigFor } from "./docker-config.ts";
import type { Endpoint } from "./endpoint.ts";
import { readText } from "./files.ts";
import { helperCommand, shimOf } from "./place.ts";

/** The key of the state is no business of a child's. */
const ownSecrets = ["KEYWRIGHT_KEY", "KEYWRIGHT_NEW_KEY"];
const userHome = (environment: Environment): string => environment["HOME"] ?? homedir();

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
};
/** In the state folder, which is its owner's alone; what a killed run left behind goes with the next one. */
export const privateFolder = (home: string): string => {
  const all = join(home, "run");
  mkdirSync(all, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(all))
    if (!isAlive(Number.parseInt(name, 10))) rmSync(join(all, name), { recursive: true, force: true });
  return mkdtempSync(join(all, `${process.pid}-`));
};

export type ChildOptions = {
  readonly environment: Environment;
  readonly folder: string;
  readonly grant: Grant;
  readonly ends: Date | null;
  /** Null: plain variables. */
  readonly endpoint: Pick<Endpoint, "url" | "token"> | null;
};
type Variables = Record<string, string | undefined>;
const privately = (folder: string, name: string, text: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
};
const without = (environment: Environment, names: readonly string[]): Variables =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !names.includes(name)));
/** Where our helpers ask; a file, since arguments are everybody's to read. */
const endpointFile = ({ folder, endpoint }: ChildOptions): string =>
  privately(folder, "endpoint.json", JSON.stringify({ url: endpoint?.url, token: endpoint?.token }));

const forAws = (options: ChildOptions): Variables => {
  const { environment, folder, grant, ends, endpoint } = options;
  const session = revealAll(grant.credential) as AwsSession;
  const before = readText(environment["AWS_CONFIG_FILE"] ?? join(userHome(environment), ".aws", "config")) ?? "";
  const files = awsFileEnvironment({
    config: privately(
      folder,
      "config",
      withoutCredentials(before, environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]),
    ),
    credentials: privately(folder, "credentials", ""),
  });
  return {
    ...without(environment, awsCompetingVariables),
    ...files,
    ...(endpoint ? awsEndpointEnvironment(session, endpoint) : awsStaticEnvironment(session, ends)),
  };
};

const forDocker = (options: ChildOptions): Variables => {
  const { environment, folder, grant } = options;
  const { registry } = revealAll(grant.credential) as DockerLogin;
  const before = environment["DOCKER_CONFIG"] ?? join(userHome(environment), ".docker");
  const config = join(folder, "docker");
  const bin = join(folder, "bin");
  for (const directory of [config, bin]) mkdirSync(directory, { mode: 0o700 });
  // Contexts and plugins stay; config.json is a copy.
  for (const name of readText(join(before, "config.json")) === null ? [] : readdirSync(before)) {
    if (name !== "config.json") symlinkSync(join(before, name), join(config, name));
  }
  privately(config, "config.json", dockerConfigFor(readText(join(before, "config.json")), registry, "keywright-run"));
  const shim = privately(
    bin,
    "docker-credential-keywright-run",
    shimOf(helperCommand("docker-credential", ["--registry", registry, "--endpoint", endpointFile(options)])),
  );
  chmodSync(shim, 0o700);
  return {
    ...without(environment, ["DOCKER_AUTH_CONFIG"]),
    DOCKER_CONFIG: config,
    PATH: [bin, environment["PATH"] ?? ""].join(delimiter),
  };
};

const forKubernetes = (options: ChildOptions): Variables => {
  const access = revealAll(options.grant.credential) as Kubernetes;
  const name = options.grant.connector;
  const { clusters, users, contexts } = kubeconfigEntries(
    name,
    access,
    helperCommand("kubernetes-exec", ["--endpoint", endpointFile(options)]),
  );
  // JSON is YAML.
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [clusters],
    users: [users],
    contexts: [contexts],
    "current-context": name,
  };
  return {
    ...options.environment,
    KUBECONFIG: privately(options.folder, "kubeconfig", `${JSON.stringify(config, null, 2)}\n`),
  };
};

const deliveries: Readonly<Record<string, (options: ChildOptions) => Variables>> = {
  "aws-session": forAws,
  "docker-login": forDocker,
  kubernetes: forKubernetes,
};
export const childKinds: readonly string[] = Object.keys(deliveries);
/** Variables of the child; files that they name are in the private folder. */
export const childOf = (options: ChildOptions): Variables =>
  without(deliveries[options.grant.kind]?.(options) ?? {}, ownSecrets);
