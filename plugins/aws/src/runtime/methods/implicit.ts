/** The broker's own surroundings: environment, profile, container or instance role. */
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { type Call, KeywrightError, Redacted } from "@keywright/core";
import { asKeywrightError } from "../aws-errors.ts";
import { type AwsConfig, createClients, type Keys } from "../clients.ts";
import { chainOf, readShared } from "../profiles.ts";
import { assumeRole, federate, openSession, type RoleOptions, type Session } from "../session.ts";

type Input = { readonly config: AwsConfig & RoleOptions & { readonly profile?: string | undefined } };
type Ambient = { readonly keys: Keys; readonly expiresAt: Date | null };

/** Output of `credential_process`. https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
const fromProcess = async (command: string, call: Call): Promise<Ambient> => {
  const text = await call.run(command);
  const wrong = (why: string) =>
    new KeywrightError("unexpected-answer", `The profile's credential_process ${why}.`, {
      hint: "Run it by hand: it must print one JSON document of Version 1.",
    });
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw wrong("did not print JSON");
  }
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer;
  if (Version !== 1 || typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string")
    throw wrong("printed something else");
  const expiresAt = typeof Expiration === "string" ? new Date(Expiration) : null;
  if (expiresAt && expiresAt <= call.now())
    throw new KeywrightError("expired", "The profile's credential_process printed keys that have ended.", {
      hint: "Log in with its tool again.",
    });
  return {
    keys: {
      accessKeyId: AccessKeyId,
      secretAccessKey: new Redacted(SecretAccessKey),
      ...(typeof SessionToken === "string" && { sessionToken: new Redacted(SessionToken) }),
    },
    expiresAt,
  };
};

/** Whether the SDK's chain would come to a profile at all: keys in the environment come first, unless one is named. */
const profileInUse = (named: string | undefined): string | null => {
  const { env } = process;
  if (named !== undefined) return named;
  if (env["AWS_PROFILE"]) return env["AWS_PROFILE"];
  return env["AWS_ACCESS_KEY_ID"] && env["AWS_SECRET_ACCESS_KEY"] ? null : "default";
};

const ambient = async ({ config }: Input, call: Call): Promise<Ambient> => {
  const name = profileInUse(config.profile);
  const shared = await readShared(process.env);
  if (name !== null && (shared.profiles[name] || config.profile !== undefined)) {
    const chain = chainOf(shared, name);
    const last = chain.at(-1)?.profile;
    const command = last?.["credential_process"];
    // The SDK would run it by itself; here only the operator's word counts.
    if (command !== undefined) {
      let held = await fromProcess(command, call);
      const clients = createClients(config);
      for (const { profile } of chain.slice(0, -1).toReversed()) {
        const { keys } = held;
        held = await assumeRole(
          clients,
          () => Promise.resolve(keys),
          { roleArn: profile["role_arn"] ?? "", externalId: profile["external_id"] },
          null,
          3600,
          call,
        );
      }
      return held;
    }
  }
  try {
    const provider = defaultProvider({
      ...(config.profile !== undefined && { profile: config.profile }),
      clientConfig: {
        region: config.region,
        requestHandler: { httpAgent: call.network.httpAgent, httpsAgent: call.network.httpsAgent },
        ...(config.stsEndpoint !== undefined && { endpoint: config.stsEndpoint }),
      },
    });
    const found = await provider();
    return {
      keys: {
        accessKeyId: found.accessKeyId,
        secretAccessKey: new Redacted(found.secretAccessKey),
        ...(found.sessionToken !== undefined && { sessionToken: new Redacted(found.sessionToken) }),
      },
      expiresAt: found.expiration ?? null,
    };
  } catch (error) {
    if ((error as { name?: string }).name !== "CredentialsProviderError")
      throw asKeywrightError(error, "Looking for credentials");
    throw new KeywrightError(
      "secret-missing",
      `There are no AWS credentials in the surroundings${config.profile === undefined ? "" : ` for the profile ${config.profile}`}.`,
      {
        hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or run where a role is attached.",
        cause: error,
      },
    );
  }
};

const chained = { seconds: 3600, by: "role chaining" } as const;
export const implicit = {
  open: async (input: Input, call: Call) => {
    const clients = createClients(input.config);
    let held = await ambient(input, call);
    const longLived = held.keys.sessionToken === undefined;
    const now = async (later: Call): Promise<Ambient> => {
      if (held.expiresAt && held.expiresAt.getTime() - later.now().getTime() < 120_000)
        held = await ambient(input, later);
      return held;
    };
    const mintOwn: Session["mint"] = async (rows, ttl, later) => {
      if (longLived)
        return federate(
          clients,
          async (one) => (await now(one)).keys,
          rows ?? [{ actions: ["*"], on: "*" }],
          ttl,
          later,
        );
      if (rows)
        throw new KeywrightError("unconfined", "Session credentials of the surroundings cannot be narrowed.", {
          hint: "Set roleArn.",
        });
      return now(later);
    };
    return openSession(
      {
        clients,
        source: async (later) => (await now(later)).keys,
        role: input.config,
        mintOwn,
        credentials: longLived ? "long-lived" : "session",
        expiresAt: null,
        ...(input.config.roleArn !== undefined && !longLived && { cap: chained }),
      },
      call,
    );
  },
};
