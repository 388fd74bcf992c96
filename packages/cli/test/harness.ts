/** The command line in this process, against the AWS double, with a state folder of its own. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AwsDouble, createAwsDouble } from "@keywright/double-aws";
import { sharedProject } from "../../../test/suites/project.ts";
import { main } from "../src/main.ts";
import type { Prompts } from "../src/prompts.ts";

export const project = sharedProject();

export type Ran = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  json<T = Record<string, never>>(): T;
};
export type RunOptions = {
  readonly stdin?: string;
  readonly environment?: Record<string, string>;
  readonly cwd?: string;
  readonly prompts?: Prompts;
  readonly signal?: AbortSignal;
  readonly tty?: boolean;
  readonly columns?: number;
};

export type World = {
  readonly aws: AwsDouble;
  readonly home: string;
  /** Secrets that no output may hold. */
  readonly canaries: Set<string>;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly roleArn: string;
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Options of an iam-role connector on the double, its secrets from variables. */
  register(name: string, more?: readonly string[]): Promise<Ran>;
  readonly everything: () => string;
  close(): Promise<void>;
};

export const roleOptions = (world: Pick<World, "aws" | "roleArn">): string[] => [
  "--type",
  "aws",
  "--auth-method",
  "iam-role",
  "--region=eu-central-1",
  `--role-arn=${world.roleArn}`,
  `--sts-endpoint=${world.aws.url}`,
  `--s3-endpoint=${world.aws.url}`,
  `--ecr-endpoint=${world.aws.url}`,
  `--eks-endpoint=${world.aws.url}`,
  "--allow-endpoint",
  new URL(world.aws.url).host,
];
export const fromVariables = ["--access-key-id=env:CANARY_ID", "--secret-access-key=env:CANARY_KEY"];

const anything = { Version: "2012-10-17", Statement: [{ Effect: "Allow" as const, Action: "*", Resource: "*" }] };

export const createWorld = async (): Promise<World> => {
  const aws = await createAwsDouble();
  const home = mkdtempSync(join(tmpdir(), "kw-cli-"));
  const user = aws.createUser({ name: "kw", policies: [anything] });
  const role = aws.createRole({
    name: "kw",
    trust: {
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { AWS: user.arn }, Action: "sts:AssumeRole" }],
    },
    policies: [
      { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:*", "eks:*", "ecr:*"], Resource: "*" }] },
    ],
  });
  aws.createBucket({ name: "models", objects: { "a.txt": "hello" } });
  aws.createBucket({ name: "other" });
  const keys = { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey };
  const printed: string[] = [];
  const run: World["run"] = async (argv, options = {}) => {
    const [out, err]: [string[], string[]] = [[], []];
    const output = (into: string[]) => ({
      write: (text: string) => into.push(text) > 0,
      isTTY: options.tty ?? false,
      columns: options.columns,
    });
    const code = await main(argv, {
      stdin: Object.assign(
        (async function* () {
          yield options.stdin ?? "";
        })(),
        { isTTY: false },
      ),
      stdout: output(out),
      stderr: output(err),
      environment: {
        KEYWRIGHT_HOME: home,
        KEYWRIGHT_KEYRING: "off",
        HOME: home,
        CANARY_ID: keys.accessKeyId,
        CANARY_KEY: keys.secretAccessKey,
        AWS_EC2_METADATA_DISABLED: "true",
        ...options.environment,
      },
      cwd: options.cwd ?? project,
      signal: options.signal ?? new AbortController().signal,
      ...(options.prompts && { prompts: options.prompts }),
    });
    const ran = { code, out: out.join(""), err: err.join("") };
    printed.push(ran.out, ran.err);
    return { ...ran, json: <T>() => JSON.parse(ran.out) as T };
  };
  const world = { aws, home, keys, roleArn: role.arn };
  return {
    ...world,
    canaries: new Set([keys.secretAccessKey]),
    run,
    register: (name, more = []) =>
      run(["connector", "register", name, ...roleOptions(world), ...fromVariables, ...more]),
    everything: () => printed.join("\n"),
    close: async () => {
      await aws.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

/** Every byte under a folder. */
export const bytesUnder = (directory: string): string =>
  readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "latin1"))
    .join("\n");
export const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "kw-empty-"));
  mkdirSync(folder, { recursive: true });
  return folder;
};
/** What a test only stands on. */
export const mustWork = async (ran: Promise<Ran>): Promise<Ran> => {
  const { code, err, ...rest } = await ran;
  if (code !== 0) throw new Error(`exit ${code}: ${err}`);
  return { code, err, ...rest };
};
