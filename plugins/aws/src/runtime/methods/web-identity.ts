import { readFile } from "node:fs/promises";
import { type Call, KeywrightError, type Redacted } from "@keywright/core";
import { type AwsConfig, createClients } from "../clients.ts";
import { accountIn, assumeWithWebIdentity, type Session, workingSeconds, workingSession } from "../session.ts";

type Input = {
  readonly config: AwsConfig & { readonly roleArn: string; readonly tokenFile?: string | undefined };
  readonly secret: { readonly token?: Redacted | undefined };
};

/** Read anew for each mint: a projected token is replaced while we run. */
const tokenOf =
  ({ config, secret }: Input) =>
  async (): Promise<string> => {
    if (config.tokenFile === undefined) {
      if (secret.token) return secret.token.reveal();
      throw new KeywrightError("config-invalid", "There is neither a tokenFile nor a token.", {
        hint: "Set one of the two.",
      });
    }
    try {
      return (await readFile(config.tokenFile, "utf8")).trim();
    } catch (cause) {
      throw new KeywrightError(
        "secret-missing",
        `The token file ${config.tokenFile} cannot be read (${(cause as { code?: string }).code}).`,
        { hint: "Check the path, and that the file is mounted.", cause },
      );
    }
  };

export const webIdentity = {
  open: async (input: Input, call: Call) => {
    const clients = createClients(input.config);
    const token = tokenOf(input);
    const { roleArn } = input.config;
    const assume: (
      ...rest: [Parameters<Session["mint"]>[0], number, Call]
    ) => ReturnType<typeof assumeWithWebIdentity> = (rows, ttl, later) =>
      assumeWithWebIdentity(clients, token, roleArn, rows, ttl, later);
    const working = workingSession((later) => assume(null, workingSeconds, later));
    const identity = call.known ?? { principal: (await working(call)).principal };
    const account = accountIn(roleArn);
    const suffix = input.config.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    const session: Session = {
      clients,
      region: input.config.region,
      account,
      identity: async (later) => (await working(later)).keys,
      mint: assume,
    };
    return {
      session,
      identity: {
        principal: identity.principal,
        by: call.known ? "the last verification" : "sts:AssumeRoleWithWebIdentity",
      },
      facts: { account, suffix, credentials: "session" },
      expiresAt: null,
    };
  },
};
