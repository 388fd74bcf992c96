/** The one thing that methods provide and resources use: an identity that can mint narrowed sessions. */
import {
  AssumeRoleCommand,
  type AssumeRoleCommandOutput,
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandOutput,
  type Credentials,
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  GetFederationTokenCommand,
  type GetFederationTokenCommandOutput,
  GetSessionTokenCommand,
  type GetSessionTokenCommandOutput,
} from "@aws-sdk/client-sts";
import { type Call, KeywrightError, type Permission, Redacted } from "@keywright/core";
import { asKeywrightError, isNotOffered } from "./aws-errors.ts";
import { type Clients, type Keys, send } from "./clients.ts";
import { sessionPolicy } from "./policy.ts";

export type Minted = { readonly keys: Keys; readonly expiresAt: Date | null };
export type Session = {
  readonly clients: Clients;
  readonly region: string;
  readonly account: string;
  /** Keys that the provider knows as the connector's identity: the role's session, or the stored key. They stay here. */
  readonly identity: (call: Call) => Promise<Keys>;
  /** A session of its own: narrowed to the rows; `null`: as wide as the identity. */
  readonly mint: (rows: readonly Permission[] | null, ttlSeconds: number, call: Call) => Promise<Minted>;
};

export type RoleOptions = {
  readonly roleArn?: string | undefined;
  readonly externalId?: string | undefined;
  readonly sessionTags?: Readonly<Record<string, string>> | undefined;
  readonly sourceIdentity?: string | undefined;
};

const keysOf = (given: Credentials | undefined, what: string, clients: Clients): Minted => {
  if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken || !given.Expiration) {
    throw new KeywrightError("unexpected-answer", `${what} answered without credentials.`, {
      hint: "Check the endpoint.",
    });
  }
  return {
    keys: {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: new Redacted(given.SecretAccessKey),
      sessionToken: new Redacted(given.SessionToken),
    },
    expiresAt: clients.local(given.Expiration),
  };
};

export type Source = (call: Call) => Promise<Keys>;
type Assumed = Minted & { readonly principal: string };

/** Tags and a source identity need a statement of their own in the role's trust policy: it is printed, ready to paste. */
const trustFor = (role: RoleOptions): string | null => {
  if (role.sessionTags === undefined && role.sourceIdentity === undefined) return null;
  const Action = [
    "sts:AssumeRole",
    ...(role.sessionTags === undefined ? [] : ["sts:TagSession"]),
    ...(role.sourceIdentity === undefined ? [] : ["sts:SetSourceIdentity"]),
  ];
  const Principal = { AWS: "ARN of the stored identity" };
  return JSON.stringify({ Effect: "Allow", Principal, Action });
};
const withTrust = (error: unknown, role: RoleOptions): unknown => {
  const statement = trustFor(role);
  if (statement === null || !KeywrightError.is(error) || error.code !== "access-denied") return error;
  return new KeywrightError(error.code, error.message, {
    hint: `Add this statement to the role's trust policy, and its actions to the identity's policy: ${statement}`,
    cause: error.cause,
    data: { trustStatement: statement },
  });
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRole = async (
  clients: Clients,
  source: Source,
  role: RoleOptions & { readonly roleArn: string },
  rows: readonly Permission[] | null,
  ttlSeconds: number,
  call: Call,
): Promise<Assumed> => {
  const what = `Assuming ${role.roleArn}`;
  const output = await send<AssumeRoleCommandOutput>(
    clients.of("sts", await source(call), call),
    new AssumeRoleCommand({
      RoleArn: role.roleArn,
      RoleSessionName: call.sessionName,
      DurationSeconds: ttlSeconds,
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
      ...(role.sessionTags && { Tags: Object.entries(role.sessionTags).map(([Key, Value]) => ({ Key, Value })) }),
      ...(role.sourceIdentity !== undefined && { SourceIdentity: role.sourceIdentity }),
      ...(rows && sessionPolicy(rows)),
    }),
    call,
    what,
  ).catch((error: unknown) => {
    throw withTrust(error, role);
  });
  return { ...keysOf(output.Credentials, what, clients), principal: output.AssumedRoleUser?.Arn ?? role.roleArn };
};

/** Unsigned: the token is the proof. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const assumeWithWebIdentity = async (
  clients: Clients,
  token: () => Promise<string>,
  roleArn: string,
  rows: readonly Permission[] | null,
  ttlSeconds: number,
  call: Call,
): Promise<Assumed> => {
  const what = `Assuming ${roleArn} with the web identity`;
  const output = await send<AssumeRoleWithWebIdentityCommandOutput>(
    clients.of("sts", null, call),
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: call.sessionName,
      WebIdentityToken: await token(),
      DurationSeconds: ttlSeconds,
      ...(rows && sessionPolicy(rows)),
    }),
    call,
    what,
  );
  return { ...keysOf(output.Credentials, what, clients), principal: output.AssumedRoleUser?.Arn ?? roleArn };
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html */
export const federate = async (
  clients: Clients,
  source: Source,
  rows: readonly Permission[],
  ttlSeconds: number,
  call: Call,
): Promise<Minted> => {
  const what = "GetFederationToken";
  const output = await send<GetFederationTokenCommandOutput>(
    clients.of("sts", await source(call), call),
    new GetFederationTokenCommand({ Name: call.sessionName, DurationSeconds: ttlSeconds, ...sessionPolicy(rows) }),
    call,
    what,
  );
  return keysOf(output.Credentials, what, clients);
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export const sessionToken = async (
  clients: Clients,
  source: Source,
  ttlSeconds: number,
  call: Call,
  mfa?: { readonly serial: string; readonly code: string },
): Promise<Minted> => {
  const what = "GetSessionToken";
  const output = await send<GetSessionTokenCommandOutput>(
    clients.of("sts", await source(call), call),
    new GetSessionTokenCommand({
      DurationSeconds: ttlSeconds,
      ...(mfa && { SerialNumber: mfa.serial, TokenCode: mfa.code }),
    }),
    call,
    what,
  );
  return keysOf(output.Credentials, what, clients);
};

export type Identity = { readonly principal: string; readonly by: string; readonly account: string };
export const accountIn = (arn: string): string => arn.split(":")[4] ?? "";

/** Who the keys are. Where GetCallerIdentity is not offered (S3-compatible stores), `prove` mints, and the check says so. */
export const whoami = async (
  clients: Clients,
  keys: Keys,
  call: Call,
  prove: () => Promise<unknown>,
): Promise<Identity> => {
  const client = clients.of("sts", keys, call);
  try {
    const { Arn = "", Account = "" } = (await client.send(new GetCallerIdentityCommand({}), {
      abortSignal: call.signal,
    })) as GetCallerIdentityCommandOutput;
    return { principal: Arn, by: "sts:GetCallerIdentity", account: Account };
  } catch (error) {
    if (!isNotOffered(error)) throw asKeywrightError(error, "GetCallerIdentity");
    await prove();
    return {
      principal: `access key ${keys.accessKeyId}`,
      by: "the first mint (this endpoint offers no sts:GetCallerIdentity)",
      account: "",
    };
  }
};

const suffixOf = (partition: string) => (partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com");
/** AWS's own STS of a region, whatever endpoint is configured: an API server takes tokens for those hosts alone. */
export const stsHost = (clients: Clients, region: string): URL =>
  new URL(`https://sts${clients.config.fips ? "-fips" : ""}.${region}.${suffixOf(clients.config.partition)}`);

/** Life of the connector's own working session, which never leaves the broker. */
export const workingSeconds = 900;

type How = {
  readonly clients: Clients;
  /** Keys of the method itself, before any role. */
  readonly source: Source;
  readonly role: RoleOptions;
  /** How the method mints when there is no role. */
  readonly mintOwn: Session["mint"];
  readonly credentials: "long-lived" | "session";
  readonly expiresAt: Date | null;
  readonly cap?: { readonly seconds: number; readonly by: string };
};

/** A session over a source of keys, with or without a role on top. Resolves once AWS has said who it is. */
export const openSession = async (how: How, call: Call) => {
  const { clients, source, role } = how;
  const { roleArn } = role;
  const base = { clients, region: clients.config.region };
  const facts = (account: string) => ({
    account,
    suffix: suffixOf(clients.config.partition),
    credentials: how.credentials,
  });
  const cap = how.cap && { cap: how.cap };
  const known = call.known && {
    principal: call.known.principal,
    by: "the last verification",
    account: call.known.facts["account"] ?? "",
  };
  if (roleArn === undefined) {
    const identity =
      known ?? (await whoami(clients, await source(call), call, () => how.mintOwn(null, workingSeconds, call)));
    const session: Session = { ...base, account: identity.account, identity: source, mint: how.mintOwn };
    return { session, identity, facts: facts(identity.account), expiresAt: how.expiresAt, ...cap };
  }
  const ask = { ...role, roleArn };
  const working = workingSession((later) => assumeRole(clients, source, ask, null, workingSeconds, later));
  const identity = known ?? { principal: (await working(call)).principal, by: "sts:AssumeRole" };
  const account = accountIn(roleArn);
  const session: Session = {
    ...base,
    account,
    identity: async (later) => (await working(later)).keys,
    mint: (rows, ttlSeconds, later) => assumeRole(clients, source, ask, rows, ttlSeconds, later),
  };
  return { session, identity, facts: facts(account), expiresAt: null, ...cap };
};

/** The connector's own session, made at first use and again before it ends. */
export const workingSession = (make: (call: Call) => Promise<Assumed>): ((call: Call) => Promise<Assumed>) => {
  let held: Assumed | null = null;
  return async (call) => {
    if (!held || (held.expiresAt?.getTime() ?? 0) - call.now().getTime() < 120_000) held = await make(call);
    return held;
  };
};

/** Every page of a paginated call, by every page size. */
export async function* pages<Page>(
  first: (token: string | undefined) => Promise<Page>,
  next: (page: Page) => string | undefined,
): AsyncGenerator<Page> {
  let token: string | undefined;
  const seen = new Set<string>();
  do {
    const page = await first(token);
    yield page;
    token = next(page);
    if (token !== undefined && token !== "" && seen.has(token))
      throw new KeywrightError("unexpected-answer", "The provider's list does not end: it names the same page again.");
    if (token !== undefined) seen.add(token);
  } while (token !== undefined && token !== "");
}
