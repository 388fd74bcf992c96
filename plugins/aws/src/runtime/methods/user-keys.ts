/** Methods that hold keys: of a user (secret-key, session-token, federation-token), of a session (sts-token), or either (iam-role). */
import { type Call, KeywrightError, type Redacted } from "@keywright/core";
import { type AwsConfig, createClients, type Keys } from "../clients.ts";
import { federate, openSession, type RoleOptions, type Session, sessionToken, type Source } from "../session.ts";
import { askForCode, type MfaOptions, type MfaSession, sessionAfterMfa } from "./mfa.ts";

type Stored = {
  readonly accessKeyId: string;
  readonly secretAccessKey: Redacted;
  readonly sessionToken?: Redacted | undefined;
};
type Input = {
  readonly config: AwsConfig & RoleOptions & MfaOptions;
  readonly secret: Stored;
  readonly parent?: MfaSession | null;
};

const own =
  (keys: Keys): Source =>
  () =>
    Promise.resolve(keys);
const cannotNarrow = (): never => {
  throw new KeywrightError("unconfined", "AWS cannot narrow a session of this method.", {
    hint: "Give the connector a role to assume.",
  });
};

/** Keys after MFA where the connector has a device, else the stored ones. */
const sourceOf = (
  { secret, parent }: Input,
  call: Call,
): { source: Source; after: { keys: Keys; expiresAt: Date } | null } => {
  const after = parent ? sessionAfterMfa(parent, call) : null;
  return { source: own(after?.keys ?? secret), after };
};
/** The MFA session itself: it may call neither GetFederationToken nor GetSessionToken. */
const asItIs =
  (after: { keys: Keys; expiresAt: Date }): Session["mint"] =>
  (rows) =>
    rows ? cannotNarrow() : Promise.resolve(after);

export const secretKey = {
  open: (input: Input, call: Call) => {
    const clients = createClients(input.config);
    const { source, after } = sourceOf(input, call);
    const all = [{ actions: ["*"], on: "*" }] as const;
    const mintOwn: Session["mint"] = after
      ? asItIs(after)
      : (rows, ttl, later) => federate(clients, source, rows ?? all, ttl, later);
    return openSession(
      { clients, source, role: input.config, mintOwn, credentials: "long-lived", expiresAt: after?.expiresAt ?? null },
      call,
    );
  },
  login: askForCode,
};

export const sessionTokenMethod = {
  open: (input: Input, call: Call) => {
    const clients = createClients(input.config);
    const { source, after } = sourceOf(input, call);
    const mintOwn: Session["mint"] = after
      ? asItIs(after)
      : (rows, ttl, later) => (rows ? cannotNarrow() : sessionToken(clients, source, ttl, later));
    return openSession(
      { clients, source, role: input.config, mintOwn, credentials: "long-lived", expiresAt: after?.expiresAt ?? null },
      call,
    );
  },
  login: askForCode,
};

export const federationToken = {
  open: ({ config, secret }: Input, call: Call) => {
    const clients = createClients(config);
    const source = own(secret);
    const mintOwn: Session["mint"] = (rows, ttl, later) =>
      rows ? federate(clients, source, rows, ttl, later) : cannotNarrow();
    return openSession({ clients, source, role: {}, mintOwn, credentials: "long-lived", expiresAt: null }, call);
  },
};

/** AWS's cap for a role that is assumed from another role's session; whose keys these are is not known, so it holds. */
const chained = { seconds: 3600, by: "role chaining" } as const;

export const stsToken = {
  open: ({ config, secret }: Input, call: Call) => {
    const clients = createClients(config);
    const source = own(secret);
    const mintOwn: Session["mint"] = (rows) =>
      rows ? cannotNarrow() : Promise.resolve({ keys: secret, expiresAt: null });
    return openSession(
      {
        clients,
        source,
        role: config,
        mintOwn,
        credentials: "session",
        expiresAt: null,
        ...(config.roleArn !== undefined && { cap: chained }),
      },
      call,
    );
  },
};

export const iamRole = {
  open: (input: Input, call: Call) => {
    const clients = createClients(input.config);
    const { source } = sourceOf(input, call);
    const session = input.secret.sessionToken !== undefined;
    return openSession(
      {
        clients,
        source,
        role: input.config,
        mintOwn: cannotNarrow,
        credentials: session ? "session" : "long-lived",
        expiresAt: null,
        ...(session && { cap: chained }),
      },
      call,
    );
  },
  login: askForCode,
};
