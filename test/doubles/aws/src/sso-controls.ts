import { reservedRole } from "./sso.ts";
import type { PolicyDocument } from "./policy.ts";
import type { DeviceAuthorization, State } from "./state.ts";

export interface PermissionSetInput {
  startUrl: string;
  roleName: string;
  policies: PolicyDocument[];
  accountId?: string;
  accountName?: string;
  /** Life of the role credentials, in seconds; default 3600. */
  sessionSeconds?: number;
}

/** The human half of IAM Identity Center. */
export interface SsoControls {
  /** Returns the ARN of the role that the permission set has in its account. */
  createPermissionSet(input: PermissionSetInput): { roleArn: string };
  /** User codes that wait for a human. */
  pending(): string[];
  approve(userCode: string): void;
  deny(userCode: string): void;
  /** From now on every device login is approved (or not) as it is started. */
  autoApprove(enabled: boolean): void;
  /** Life of access tokens issued from now on, in seconds; default 3600. */
  setAccessTokenSeconds(seconds: number): void;
  /** Ends every sign-in: access and refresh tokens alike. */
  signOutEverywhere(): void;
}

const deviceBy = (state: State, userCode: string): DeviceAuthorization => {
  const device = [...state.sso.devices.values()].find((one) => one.userCode === userCode);
  if (device === undefined) throw new Error(`No device login has the code ${userCode}.`);
  return device;
};

export const createSsoControls = (state: State): SsoControls => ({
  createPermissionSet: (input) => {
    const accountId = input.accountId ?? state.accountId;
    const set = { sessionSeconds: 3600, accountName: `account-${accountId}`, ...input, accountId };
    state.sso.permissionSets.push(set);
    return { roleArn: reservedRole(state, set).arn };
  },
  pending: () =>
    [...state.sso.devices.values()].filter((device) => device.state === "pending").map(({ userCode }) => userCode),
  approve: (userCode) => {
    deviceBy(state, userCode).state = "approved";
  },
  deny: (userCode) => {
    deviceBy(state, userCode).state = "denied";
  },
  autoApprove: (enabled) => {
    state.sso.autoApprove = enabled;
  },
  setAccessTokenSeconds: (seconds) => {
    state.sso.accessTokenSeconds = seconds;
  },
  signOutEverywhere: () => state.sso.tokens.clear(),
});
