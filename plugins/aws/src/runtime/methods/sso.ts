/** IAM Identity Center: device-code login, then the keys of a permission set. https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/ */
import { GetRoleCredentialsCommand, type GetRoleCredentialsCommandOutput } from "@aws-sdk/client-sso";
import {
  CreateTokenCommand,
  type CreateTokenCommandOutput,
  RegisterClientCommand,
  type RegisterClientCommandOutput,
  StartDeviceAuthorizationCommand,
  type StartDeviceAuthorizationCommandOutput,
} from "@aws-sdk/client-sso-oidc";
import { type Ask, type Call, KeywrightError, Redacted } from "@keywright/core";
import { asKeywrightError } from "../aws-errors.ts";
import { type AwsConfig, createClients, type Keys, send } from "../clients.ts";
import { openSession, type RoleOptions, type Session } from "../session.ts";

type SsoConfig = AwsConfig &
  RoleOptions & {
    readonly startUrl: string;
    readonly ssoRegion: string;
    readonly accountId: string;
    readonly roleName: string;
  };
type Tokens = {
  readonly clientId: string;
  readonly clientSecret: Redacted;
  readonly clientExpiresAt: string;
  readonly accessToken: Redacted;
  readonly refreshToken?: Redacted | undefined;
  readonly expiresAt: string;
};

const wait = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });

const login = async ({ config }: { readonly config: SsoConfig }, ask: Ask, call: Call) => {
  const oidc = createClients(config).of("oidc", null, call, config.ssoRegion);
  const client = await send<RegisterClientCommandOutput>(
    oidc,
    new RegisterClientCommand({
      clientName: "keywright",
      clientType: "public",
      scopes: ["sso:account:access"],
      grantTypes: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    }),
    call,
    "Registering with IAM Identity Center",
  );
  const registered = { clientId: client.clientId ?? "", clientSecret: client.clientSecret ?? "" };
  const device = await send<StartDeviceAuthorizationCommandOutput>(
    oidc,
    new StartDeviceAuthorizationCommand({ ...registered, startUrl: config.startUrl }),
    call,
    "Starting the device login",
  );
  const url = device.verificationUriComplete ?? device.verificationUri;
  await ask({
    message: "Open the page and confirm the code",
    answer: "none",
    ...(url !== undefined && { url }),
    ...(device.userCode !== undefined && { code: device.userCode }),
  });
  let seconds = device.interval ?? 5;
  for (;;) {
    await wait(seconds * 1000, call.signal);
    try {
      const token = (await oidc.send(
        new CreateTokenCommand({
          ...registered,
          grantType: "urn:ietf:params:oauth:grant-type:device_code",
          deviceCode: device.deviceCode ?? "",
        }),
        {
          abortSignal: call.signal,
        },
      )) as CreateTokenCommandOutput;
      return {
        ...registered,
        clientExpiresAt: new Date((client.clientSecretExpiresAt ?? 0) * 1000).toISOString(),
        accessToken: token.accessToken ?? "",
        ...(token.refreshToken !== undefined && { refreshToken: token.refreshToken }),
        expiresAt: new Date(call.now().getTime() + (token.expiresIn ?? 0) * 1000).toISOString(),
      };
    } catch (error) {
      const { name } = error as { name?: string };
      if (name === "AuthorizationPendingException") continue;
      if (name === "SlowDownException") {
        seconds += 5;
        continue;
      }
      if (name === "ExpiredTokenException")
        throw new KeywrightError("expired", "The code was not confirmed in time.", {
          hint: "Start again, and confirm it on the page that is shown.",
        });
      if (name === "AccessDeniedException")
        throw new KeywrightError("access-denied", "The login was denied on the page.", {
          hint: "Start again, and allow it.",
        });
      throw asKeywrightError(error, "The device login");
    }
  }
};

const lapsed = (why: string) =>
  new KeywrightError("reauthentication-required", `The login to IAM Identity Center ${why}.`, {
    hint: "Run: keywright connector authenticate {connector}",
  });

/** The access token, renewed where it ended and a refresh token is there; the refresh token is replaced at each use. */
const current = async (
  config: SsoConfig,
  tokens: Tokens,
  call: Call,
): Promise<{ readonly accessToken: Redacted; readonly renewed?: object }> => {
  if (Date.parse(tokens.expiresAt) - call.now().getTime() > 60_000) return { accessToken: tokens.accessToken };
  if (!tokens.refreshToken) throw lapsed(`ended at ${tokens.expiresAt}`);
  if (Date.parse(tokens.clientExpiresAt) <= call.now().getTime())
    throw lapsed("ended with the registration of its client");
  const oidc = createClients(config).of("oidc", null, call, config.ssoRegion);
  const token = await send<CreateTokenCommandOutput>(
    oidc,
    new CreateTokenCommand({
      clientId: tokens.clientId,
      clientSecret: tokens.clientSecret.reveal(),
      grantType: "refresh_token",
      refreshToken: tokens.refreshToken.reveal(),
    }),
    call,
    "Renewing the login",
  );
  const accessToken = new Redacted(token.accessToken ?? "");
  return {
    accessToken,
    renewed: {
      clientId: tokens.clientId,
      clientSecret: tokens.clientSecret.reveal(),
      clientExpiresAt: tokens.clientExpiresAt,
      accessToken: accessToken.reveal(),
      refreshToken: token.refreshToken ?? tokens.refreshToken.reveal(),
      expiresAt: new Date(call.now().getTime() + (token.expiresIn ?? 0) * 1000).toISOString(),
    },
  };
};

const chained = { seconds: 3600, by: "role chaining" } as const;
export const sso = {
  open: async ({ config, parent }: { readonly config: SsoConfig; readonly parent: Tokens }, call: Call) => {
    const clients = createClients(config);
    const { accessToken, renewed } = await current(config, parent, call);
    let held: { keys: Keys; expiresAt: Date } | null = null;
    const keysNow = async (later: Call) => {
      if (held && held.expiresAt.getTime() - later.now().getTime() > 120_000) return held;
      const portal = clients.of("sso", null, later, config.ssoRegion);
      const { roleCredentials: given } = await send<GetRoleCredentialsCommandOutput>(
        portal,
        new GetRoleCredentialsCommand({
          accessToken: accessToken.reveal(),
          accountId: config.accountId,
          roleName: config.roleName,
        }),
        later,
        `Getting the keys of ${config.roleName}`,
      );
      if (!given?.accessKeyId || !given.secretAccessKey || !given.sessionToken)
        throw new KeywrightError("unexpected-answer", "The access portal answered without keys.", {
          hint: "Check accountId and roleName.",
        });
      held = {
        keys: {
          accessKeyId: given.accessKeyId,
          secretAccessKey: new Redacted(given.secretAccessKey),
          sessionToken: new Redacted(given.sessionToken),
        },
        expiresAt: clients.local(new Date(given.expiration ?? 0)),
      };
      return held;
    };
    const mintOwn: Session["mint"] = async (rows, _ttl, later) => {
      if (rows)
        throw new KeywrightError("unconfined", "A permission set cannot be narrowed without a role to chain into.", {
          hint: "Set roleArn.",
        });
      return keysNow(later);
    };
    const opened = await openSession(
      {
        clients,
        source: async (later) => (await keysNow(later)).keys,
        role: config,
        mintOwn,
        credentials: "session",
        expiresAt: null,
        ...(config.roleArn !== undefined && { cap: chained }),
      },
      call,
    );
    return { ...opened, ...(renewed !== undefined && { renewed: renewed as never }) };
  },
  login,
};
