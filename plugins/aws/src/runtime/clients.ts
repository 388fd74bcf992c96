/** SDK clients of one connector: its region and endpoints, the broker's doors, the server's clock. */
import { ECRClient } from "@aws-sdk/client-ecr";
import { EKSClient } from "@aws-sdk/client-eks";
import { S3Client } from "@aws-sdk/client-s3";
import { SSOClient } from "@aws-sdk/client-sso";
import { SSOOIDCClient } from "@aws-sdk/client-sso-oidc";
import { STSClient } from "@aws-sdk/client-sts";
import { type Call, KeywrightError, type Redacted } from "@keywright/core";
import type * as z from "zod";
import type { aws } from "../declaration/aws.ts";
import { asKeywrightError } from "./aws-errors.ts";

export type AwsConfig = z.output<(typeof aws)["config"]>;
export type Keys = {
  readonly accessKeyId: string;
  readonly secretAccessKey: Redacted;
  readonly sessionToken?: Redacted | undefined;
};

const services = {
  sts: { client: STSClient, endpoint: "stsEndpoint" },
  s3: { client: S3Client, endpoint: "s3Endpoint" },
  ecr: { client: ECRClient, endpoint: "ecrEndpoint" },
  eks: { client: EKSClient, endpoint: "eksEndpoint" },
  sso: { client: SSOClient, endpoint: "ssoEndpoint" },
  oidc: { client: SSOOIDCClient, endpoint: "ssoEndpoint" },
} as const;
export type Service = keyof typeof services;
type ClientOf<S extends Service> = InstanceType<(typeof services)[S]["client"]>;
type Sendable = { send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown> };

/** How far the server's clock is ahead of the broker's, in milliseconds; learnt from every answer. */
export type Skew = { ms: number; signing: number };

export type Clients = {
  readonly config: AwsConfig;
  readonly skew: Skew;
  /** `keys` null: an unsigned call. */
  readonly of: <S extends Service>(service: S, keys: Keys | null, call: Call, region?: string) => ClientOf<S>;
  /** A moment of the server's clock, on the broker's. */
  readonly local: (at: Date) => Date;
};

const none = { accessKeyId: "none", secretAccessKey: "none" };

const partitionOf = (region: string): AwsConfig["partition"] =>
  region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
/** Region, role and partition must be of one world; said here, before AWS answers with a riddle. */
const checkPartition = (config: AwsConfig & { readonly roleArn?: string | undefined }): void => {
  const wrong = (what: string, its: string) =>
    new KeywrightError(
      "config-invalid",
      `${what} is of the partition ${its}; the connector's partition is ${config.partition}.`,
      {
        hint: `Set partition to ${its}, or correct the other.`,
      },
    );
  const its = partitionOf(config.region);
  if (its !== config.partition) throw wrong(`The region ${config.region}`, its);
  const arn = config.roleArn?.split(":")[1] ?? config.partition;
  if (arn !== config.partition) throw wrong("The role", arn);
};

export const createClients = (config: AwsConfig): Clients => {
  checkPartition(config);
  const skew: Skew = { ms: 0, signing: 0 };
  return {
    config,
    skew,
    local: (at) => (Math.abs(skew.ms) < 2_000 ? at : new Date(at.getTime() - skew.ms)),
    of: <S extends Service>(service: S, keys: Keys | null, call: Call, region = config.region) => {
      const { client: Client, endpoint } = services[service];
      const custom = config[endpoint];
      const made = new Client({
        region,
        credentials: keys
          ? {
              accessKeyId: keys.accessKeyId,
              secretAccessKey: keys.secretAccessKey.reveal(),
              ...(keys.sessionToken && { sessionToken: keys.sessionToken.reveal() }),
            }
          : none,
        // Nothing of the surroundings decides: neither a shared profile nor a variable.
        profile: "keywright-reads-no-profile",
        ...(custom !== undefined && { endpoint: custom }),
        ...(service === "s3" && custom !== undefined && { forcePathStyle: true }),
        ...(service === "s3" && { followRegionRedirects: true }),
        useFipsEndpoint: config.fips,
        useDualstackEndpoint: config.dualStack,
        systemClockOffset: skew.signing,
        // The SDK's waits double up to 3.5 s in all with four; with six, throttling outlives a short deadline.
        maxAttempts: 4,
        retryMode: "standard",
        requestHandler: {
          httpAgent: call.network.httpAgent,
          httpsAgent: call.network.httpsAgent,
          connectionTimeout: 5_000,
          requestTimeout: 20_000,
        },
      } as never) as ClientOf<S> & { readonly config: { readonly systemClockOffset: number } };
      const stack = made.middlewareStack as { add(middleware: unknown, options: object): void };
      stack.add(
        (next: (args: unknown) => Promise<{ response?: { headers?: Record<string, string> } }>) =>
          async (args: unknown) => {
            const result = await next(args);
            const date = Date.parse(result.response?.headers?.["date"] ?? "");
            if (!Number.isNaN(date)) skew.ms = date - call.now().getTime();
            skew.signing = made.config.systemClockOffset;
            return result;
          },
        { step: "deserialize", priority: "low", name: "keywrightServerDate" },
      );
      return made;
    },
  };
};

/** Sends within the call's deadline; a failure comes out as ours, named by what was tried. */
export const send = async <Output>(
  client: Sendable,
  command: { readonly input: object },
  call: Call,
  what: string,
): Promise<Output> => {
  try {
    return (await client.send(command as never, { abortSignal: call.signal })) as Output;
  } catch (error) {
    throw asKeywrightError(error, what);
  }
};
