/** Credentials of any AWS SDK client, from a source of grants. */
import type { AwsGrant, AwsGrants } from "./grants.ts";

export type { AwsGrant, AwsGrants, AwsSession } from "./grants.ts";
/** What SDK clients take; the SDK's own type of that name is of a package that need not be installed. */
export type AwsCredentialIdentity = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
  readonly accountId?: string;
};
/** Asked before each call: the source answers from memory and refreshes ahead. */
export type AwsCredentials = (() => Promise<AwsCredentialIdentity>) & { readonly memoized: true };

const identityOf = (grants: AwsGrants, grant: AwsGrant): AwsCredentialIdentity => {
  const { accessKeyId, secretAccessKey, sessionToken, accountId } = grant.credential;
  const expiration = grants.endsAt(grant);
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
    ...(expiration && { expiration }),
    ...(accountId !== undefined && { accountId }),
  };
};

/** `new EKSClient({ credentials: awsCredentials(grants), region })`. Add `carryOn` for the one retry after a refusal. */
export const awsCredentials = (grants: AwsGrants): AwsCredentials =>
  // `memoized` keeps the SDK from holding a copy that outlives the source's own.
  Object.assign(async () => identityOf(grants, await grants.current()), { memoized: true as const });

/** The service says that the credential itself is over or unknown; a mere lack of permission is not among them. */
const refusals = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidToken",
  "RequestExpired",
  "TokenRefreshRequired",
  "UnrecognizedClientException",
]);
type Failure = {
  readonly name?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
};
const isRefusal = ({ name, Code }: Failure): boolean => refusals.has(name ?? "") || refusals.has(Code ?? "");
/** The answer to a HEAD has no body to tell an expired credential from a forbidden object. */
const isMute = ({ name, $metadata }: Failure): boolean =>
  [400, 401, 403].includes($metadata?.httpStatusCode ?? 0) &&
  ["400", "401", "403", "BadRequest", "Forbidden", "Unknown", "UnknownError"].includes(name ?? "");
const muteMs = 60_000;

/** A body that was read cannot be sent again. */
const isOnceOnly = (input: object): boolean =>
  Object.values(input).some(
    (value: unknown) =>
      typeof value === "object" &&
      value !== null &&
      ("pipe" in value || "getReader" in value || Symbol.asyncIterator in value),
  );

type Next = (args: { input: object }) => Promise<unknown>;
type Context = {
  readonly __smithy_context?: {
    readonly selectedHttpAuthScheme?: { readonly identity?: { readonly accessKeyId?: string } };
  };
};
type Client = {
  readonly middlewareStack: {
    add(middleware: never, options: { step: "initialize"; priority: "high"; name: string; override: true }): void;
  };
};

/** On a refusal the grant is dropped and the call made once more, also while this process's clock says that it is still good. */
export const carryOn = <C extends object>(client: C, grants: AwsGrants): C => {
  let lastMute = -Infinity;
  const used = new Map<string, AwsGrant>();
  const refused = (failure: Failure): boolean => {
    if (isRefusal(failure)) return true;
    if (!isMute(failure) || performance.now() - lastMute < muteMs) return false;
    lastMute = performance.now();
    return true;
  };
  const middleware = (next: Next, context: Context) => async (args: { input: object }) => {
    const before = grants.latest;
    used.set(before.credential.accessKeyId, before);
    if (used.size > 8) used.delete(used.keys().next().value ?? "");
    for (let renewed = false, retimed = false; ;) {
      try {
        return await next(args);
      } catch (error) {
        const failure = error as Failure;
        if (failure.name === "RequestTimeTooSkewed" && !retimed) {
          // Another call in flight corrected the SDK's clock; the SDK then takes this answer for a final one.
          retimed = true;
        } else if (!renewed && refused(failure)) {
          renewed = true;
          const key = context.__smithy_context?.selectedHttpAuthScheme?.identity?.accessKeyId;
          const { latest } = grants;
          // The grant that signed the refused call; another one that is held by now is good.
          await grants.refresh(key === latest.credential.accessKeyId ? latest : (used.get(key ?? "") ?? before));
        } else throw error;
        if (isOnceOnly(args.input)) throw error;
      }
    }
  };
  (client as unknown as Client).middlewareStack.add(middleware as never, {
    step: "initialize",
    priority: "high",
    name: "keywrightCarryOn",
    override: true,
  });
  return client;
};

type Configuration = { readonly region?: unknown; readonly endpoint?: unknown };
/** `createAwsClient(ECRClient, "ecr", grants)`: region and endpoint of the grant, credentials that renew themselves. */
export const createAwsClient = <C extends object, Options extends object>(
  Client: new (configuration: Options) => C,
  service: string,
  grants: AwsGrants,
  options: Partial<Options> = {},
): C => {
  const { region, endpoints } = grants.latest.credential;
  const endpoint = endpoints?.[service];
  const configuration = {
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...options,
    credentials: awsCredentials(grants),
  };
  return carryOn(new Client(configuration satisfies Configuration as unknown as Options), grants);
};
