/** What an AWS-like service offers a suite: the double, an emulator or a real server, all asked the same. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, createBroker } from "@keywright/broker";
import { repository, sharedProject } from "./project.ts";

export type MethodSetup = {
  readonly config: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, string>>;
  /** Answers to the method's dialogue, in order. */
  readonly answers?: readonly string[];
};
export type AwsTarget = {
  readonly name: string;
  readonly kind: "real" | "emulator" | "double";
  /** Configuration that every method shares: region and endpoints. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly endpoints: readonly string[];
  /** Methods this service can serve; a missing one is reported as such. */
  readonly methods: Readonly<Record<string, MethodSetup>>;
  /** Two buckets that hold `in/a.txt` and `out/b.txt`. */
  readonly buckets: readonly [string, string];
  /** A region in which the buckets are not; left out where the service knows no regions. */
  readonly elsewhere?: string | null;
  /** Keys in a bucket, seen by its owner: what a refusal must leave as it was. */
  readonly keys: (bucket: string) => Promise<readonly string[]>;
  /** Lets this many seconds pass, for the service and for the broker. */
  readonly pass: (seconds: number) => Promise<void>;
  readonly clock: () => Date;
  /** The shortest session to be had, in seconds. */
  readonly shortest: number;
  /** Takes away what the method rests on (role or key), and gives it back. */
  readonly revoke?: (method: string) => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
};

export const pluginFolders = { builtIn: [join(repository, "plugins", "local")], project: sharedProject() } as const;

export type Bench = { readonly broker: Broker; readonly directory: string; readonly close: () => Promise<void> };
/** A broker on a state folder of its own. */
export const createBench = async (
  clock: () => Date = () => new Date(),
  directory = mkdtempSync(join(tmpdir(), "kw-")),
): Promise<Bench> => {
  const broker = await createBroker({ directory, ...pluginFolders, environment: { KEYWRIGHT_KEYRING: "off" }, clock });
  return {
    broker,
    directory,
    close: async () => {
      await broker.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

export const registerOn = (
  broker: Broker,
  target: AwsTarget,
  method: string,
  more: Readonly<Record<string, unknown>> = {},
) => {
  const setup = target.methods[method];
  if (!setup) throw new Error(`${target.name} does not serve ${method}`);
  const answers = [...(setup.answers ?? [])];
  const { config, ...rest } = more as { config?: Record<string, unknown> };
  return broker.connectors.register(
    {
      name: `c-${method}`,
      type: "aws",
      authMethod: method,
      resourceTypes: ["s3-bucket"],
      config: { ...target.config, ...setup.config, ...config },
      ...(setup.secret && { secret: setup.secret }),
      allowedEndpoints: target.endpoints,
      ...rest,
    },
    { ask: async ({ answer }) => (answer === "none" ? "" : (answers.shift() ?? "")) },
  );
};
