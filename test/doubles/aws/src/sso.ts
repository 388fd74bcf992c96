import {
  issueSession,
  paginate,
  type DeviceAuthorization,
  type PermissionSet,
  type SsoToken,
  type State,
} from "./state.ts";
import { accountOf } from "./state.ts";
import type { Role } from "./identity.ts";
import type { Service, ServiceCall } from "./service.ts";
import { json, Refusal, type WireRequest, type WireResponse } from "./wire.ts";

const DEVICE_SECONDS = 600;
const CLIENT_SECONDS = 90 * 86_400;
const REFRESH_SECONDS = 90 * 86_400;
const USER_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ";

/** The OAuth spelling of each error, beside its exception name. */
const OAUTH_ERRORS: Record<string, string> = {
  AuthorizationPendingException: "authorization_pending",
  SlowDownException: "slow_down",
  ExpiredTokenException: "expired_token",
  AccessDeniedException: "access_denied",
  InvalidClientException: "invalid_client",
  InvalidGrantException: "invalid_grant",
  InvalidRequestException: "invalid_request",
  UnsupportedGrantTypeException: "unsupported_grant_type",
};

const refuse = (code: string, description: string, status = 400): Refusal => new Refusal(code, description, status);
const text = (call: ServiceCall, name: string): string => String(call.parameters[name] ?? "");
const inSeconds = (state: State, seconds: number): Date => new Date(state.clock.now().getTime() + seconds * 1000);

const checkClient = (call: ServiceCall): void => {
  const client = call.state.sso.clients.get(text(call, "clientId"));
  if (client === undefined || client.secret !== text(call, "clientSecret")) {
    throw refuse("InvalidClientException", "Invalid client provided", 401);
  }
  if (client.expiresAt <= call.state.clock.now()) {
    throw refuse("InvalidClientException", "Client registration has expired", 401);
  }
};

const registerClient = (call: ServiceCall): unknown => {
  const { state } = call;
  if (text(call, "clientType") !== "public") throw refuse("InvalidClientMetadataException", "Invalid client type");
  const clientId = state.random.base64(16).replace(/[+/=]/g, "x");
  const expiresAt = inSeconds(state, CLIENT_SECONDS);
  const secret = state.random.base64(48);
  state.sso.clients.set(clientId, { secret, expiresAt });
  return {
    clientId,
    clientSecret: secret,
    clientIdIssuedAt: Math.floor(state.clock.now().getTime() / 1000),
    clientSecretExpiresAt: Math.floor(expiresAt.getTime() / 1000),
  };
};

const startDeviceAuthorization = (call: ServiceCall): unknown => {
  checkClient(call);
  const { state } = call;
  const startUrl = text(call, "startUrl");
  if (!state.sso.permissionSets.some((set) => set.startUrl === startUrl)) {
    throw refuse("InvalidRequestException", "Invalid start url provided");
  }
  const letters = Array.from(state.random.bytes(8), (byte) => USER_CODE_LETTERS.charAt(byte % 20)).join("");
  const device: DeviceAuthorization = {
    deviceCode: state.random.hex(32),
    userCode: `${letters.slice(0, 4)}-${letters.slice(4)}`,
    clientId: text(call, "clientId"),
    startUrl,
    expiresAt: inSeconds(state, DEVICE_SECONDS),
    intervalSeconds: 1,
    state: state.sso.autoApprove ? "approved" : "pending",
  };
  state.sso.devices.set(device.deviceCode, device);
  return {
    deviceCode: device.deviceCode,
    userCode: device.userCode,
    verificationUri: `${startUrl}/#/device`,
    verificationUriComplete: `${startUrl}/#/device?user_code=${device.userCode}`,
    expiresIn: DEVICE_SECONDS,
    interval: device.intervalSeconds,
  };
};

const issueToken = (call: ServiceCall, startUrl: string): unknown => {
  const { state } = call;
  const token: SsoToken = {
    startUrl,
    clientId: text(call, "clientId"),
    accessToken: `aoa${state.random.base64(96)}`,
    refreshToken: `aor${state.random.base64(96)}`,
    expiresAt: inSeconds(state, state.sso.accessTokenSeconds),
    refreshExpiresAt: inSeconds(state, REFRESH_SECONDS),
    refreshUsed: false,
  };
  state.sso.tokens.set(token.accessToken, token);
  return {
    accessToken: token.accessToken,
    refreshToken: token.refreshToken,
    expiresIn: state.sso.accessTokenSeconds,
    tokenType: "Bearer",
  };
};

const byDeviceCode = (call: ServiceCall): unknown => {
  const { state } = call;
  const device = state.sso.devices.get(text(call, "deviceCode"));
  const now = state.clock.now();
  if (device === undefined || device.clientId !== text(call, "clientId") || device.state === "used") {
    throw refuse("InvalidGrantException", "Invalid device code provided");
  }
  if (device.expiresAt <= now) throw refuse("ExpiredTokenException", "Device code has expired");
  if (device.state === "denied") throw refuse("AccessDeniedException", "The user denied the authorization request");
  const early = device.lastPollAt && now.getTime() - device.lastPollAt.getTime() < device.intervalSeconds * 1000;
  device.lastPollAt = now;
  if (device.state === "pending" && early) {
    throw refuse("SlowDownException", "Polling too fast, slow down");
  }
  if (device.state === "pending") throw refuse("AuthorizationPendingException", "The authorization is still pending");
  device.state = "used";
  return issueToken(call, device.startUrl);
};

/** Refresh tokens are good once: every use hands out the next. */
const byRefreshToken = (call: ServiceCall): unknown => {
  const { state } = call;
  const wanted = text(call, "refreshToken");
  const token = [...state.sso.tokens.values()].find(({ refreshToken }) => refreshToken === wanted);
  const usable = token && !token.refreshUsed && token.clientId === text(call, "clientId");
  if (!token || !usable || token.refreshExpiresAt <= state.clock.now()) {
    throw refuse("InvalidGrantException", "Invalid refresh token provided");
  }
  token.refreshUsed = true;
  return issueToken(call, token.startUrl);
};

const GRANTS: Record<string, (call: ServiceCall) => unknown> = {
  "urn:ietf:params:oauth:grant-type:device_code": byDeviceCode,
  refresh_token: byRefreshToken,
};

const createToken = (call: ServiceCall): unknown => {
  checkClient(call);
  const grant = GRANTS[text(call, "grantType")];
  if (grant === undefined) throw refuse("UnsupportedGrantTypeException", "Unsupported grant type");
  return grant(call);
};

const setsOf = (call: ServiceCall): PermissionSet[] => {
  const { state, request } = call;
  const token = state.sso.tokens.get(request.headers["x-amz-sso_bearer_token"] ?? "");
  if (token === undefined || token.expiresAt <= state.clock.now()) {
    throw refuse("UnauthorizedException", "Session token not found or invalid", 401);
  }
  return state.sso.permissionSets.filter(({ startUrl }) => startUrl === token.startUrl);
};

const page = <T>(call: ServiceCall, items: readonly T[]): { page: T[]; next?: string } => {
  const stated = Number(call.parameters["max_result"] ?? 20);
  try {
    const size = Math.min(stated, call.state.pageSizes[call.action] ?? 100);
    return paginate(items, size, call.parameters["next_token"] as string | undefined);
  } catch {
    throw refuse("InvalidRequestException", "Invalid next token");
  }
};

const listAccounts = (call: ServiceCall): unknown => {
  const accounts = new Map(setsOf(call).map(({ accountId, accountName }) => [accountId, accountName]));
  const { page: accountList, next } = page(
    call,
    [...accounts].map(([accountId, accountName]) => ({
      accountId,
      accountName,
      emailAddress: `${accountId}@example.com`,
    })),
  );
  return { accountList, nextToken: next };
};

const listAccountRoles = (call: ServiceCall): unknown => {
  const accountId = text(call, "account_id");
  const roles = setsOf(call).filter((set) => set.accountId === accountId);
  const { page: roleList, next } = page(
    call,
    roles.map(({ roleName }) => ({ roleName, accountId })),
  );
  return { roleList, nextToken: next };
};

/** Identity Center keeps one role per permission set in the account, under a reserved path. */
export const reservedRole = (state: State, set: PermissionSet): Role => {
  const name = `AWSReservedSSO_${set.roleName}_${Buffer.from(set.roleName).toString("hex").padEnd(16, "0").slice(0, 16)}`;
  const { roles } = accountOf(state, set.accountId);
  const existing = roles.get(name);
  if (existing !== undefined) return existing;
  const path = "/aws-reserved/sso.amazonaws.com/";
  const role: Role = {
    kind: "role",
    accountId: set.accountId,
    name,
    path,
    id: `AROA${state.random.base32(17)}`,
    arn: `arn:${state.partition}:iam::${set.accountId}:role${path}${name}`,
    trust: { Version: "2012-10-17", Statement: [] },
    policies: set.policies,
    maxSessionSeconds: 43_200,
    tags: {},
  };
  roles.set(name, role);
  return role;
};

const getRoleCredentials = (call: ServiceCall): unknown => {
  const { state } = call;
  const [accountId, roleName] = [text(call, "account_id"), text(call, "role_name")];
  const set = setsOf(call).find((one) => one.accountId === accountId && one.roleName === roleName);
  if (set === undefined) throw refuse("ForbiddenException", "No access", 403);
  const role = reservedRole(state, set);
  const credential = issueSession(state, role, {
    kind: "assumed-role",
    name: "sso-user",
    arn: `arn:${state.partition}:sts::${role.accountId}:assumed-role/${role.name}/sso-user`,
    userId: `${role.id}:sso-user`,
    expiresAt: inSeconds(state, set.sessionSeconds),
    issuedAt: state.clock.now(),
    tags: {},
    transitiveTagKeys: [],
  });
  return {
    roleCredentials: {
      accessKeyId: credential.accessKeyId,
      secretAccessKey: credential.secretAccessKey,
      sessionToken: credential.sessionToken,
      expiration: credential.session.expiresAt.getTime(),
    },
  };
};

const logout = (call: ServiceCall): unknown => {
  setsOf(call);
  call.state.sso.tokens.delete(call.request.headers["x-amz-sso_bearer_token"] ?? "");
  return {};
};

const OIDC_ROUTES: Record<string, readonly [action: string, perform: (call: ServiceCall) => unknown]> = {
  "POST /client/register": ["RegisterClient", registerClient],
  "POST /device_authorization": ["StartDeviceAuthorization", startDeviceAuthorization],
  "POST /token": ["CreateToken", createToken],
};

const PORTAL_ROUTES: typeof OIDC_ROUTES = {
  "GET /assignment/accounts": ["ListAccounts", listAccounts],
  "GET /assignment/roles": ["ListAccountRoles", listAccountRoles],
  "GET /federation/credentials": ["GetRoleCredentials", getRoleCredentials],
  "POST /logout": ["Logout", logout],
};

const routeOf = ({ method, path }: WireRequest): string => `${method} ${path}`;
export const isSsoOidc = (request: WireRequest): boolean => routeOf(request) in OIDC_ROUTES;
export const isSsoPortal = (request: WireRequest): boolean => routeOf(request) in PORTAL_ROUTES;

const argumentsOf = (request: WireRequest): Record<string, unknown> => {
  if (request.method === "GET" || request.body.length === 0) return Object.fromEntries(request.query);
  try {
    return JSON.parse(request.body.toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
};

const render = ({ code, message, status, headers }: Refusal): WireResponse => ({
  status,
  headers: { "content-type": "application/json", "x-amzn-errortype": code, ...headers },
  body: JSON.stringify({ error: OAUTH_ERRORS[code], error_description: message, message, __type: code }),
});

const service = (name: "sso" | "sso-oidc", routes: typeof OIDC_ROUTES): Service => ({
  name,
  identify: (request) => ({ action: routes[routeOf(request)]?.[0] ?? "Unsupported", parameters: argumentsOf(request) }),
  unsigned: () => true,
  throttling: { code: name === "sso" ? "TooManyRequestsException" : "SlowDownException", status: 429 },
  failure: (kind) => new Refusal("UnauthorizedException", kind, 401),
  render,
  handle: (call) => {
    const route = routes[routeOf(call.request)];
    if (route === undefined) throw refuse("InvalidRequestException", "No such operation", 404);
    return json(route[1](call));
  },
});

export const ssoOidc = service("sso-oidc", OIDC_ROUTES);
export const ssoPortal = service("sso", PORTAL_ROUTES);
