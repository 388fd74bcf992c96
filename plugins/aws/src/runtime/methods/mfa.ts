/** A session opened with the code of an MFA device: asked for in the dialogue, sealed as parent for up to 36 hours. */
import { type Ask, type Call, KeywrightError, type Redacted } from "@keywright/core";
import { type AwsConfig, createClients, type Keys } from "../clients.ts";
import { sessionToken } from "../session.ts";

export type MfaOptions = { readonly mfaSerial?: string | undefined };
export type MfaSession = {
  readonly accessKeyId: string;
  readonly secretAccessKey: Redacted;
  readonly sessionToken: Redacted;
  readonly expiresAt: string;
};

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
const longest = 129_600;

export const askForCode = async (
  input: { readonly config: AwsConfig & MfaOptions; readonly secret: Keys },
  ask: Ask,
  call: Call,
) => {
  const { mfaSerial: serial } = input.config;
  if (serial === undefined)
    throw new KeywrightError("config-invalid", "There is no MFA device to ask for a code of.", {
      hint: "Set mfaSerial.",
    });
  const code = (await ask({ message: `Code of ${serial}`, answer: "text" })).trim();
  if (!/^\d{6}$/.test(code))
    throw new KeywrightError("usage", "A code has six digits.", { hint: "Read it off the device, and try again." });
  const { keys, expiresAt } = await sessionToken(
    createClients(input.config),
    () => Promise.resolve(input.secret),
    longest,
    call,
    { serial, code },
  );
  return {
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey.reveal(),
    sessionToken: keys.sessionToken?.reveal() ?? "",
    expiresAt: (expiresAt ?? new Date(call.now().getTime() + longest * 1000)).toISOString(),
  };
};

export const sessionAfterMfa = (parent: MfaSession, call: Call): { keys: Keys; expiresAt: Date } => {
  const expiresAt = new Date(parent.expiresAt);
  if (expiresAt <= call.now()) {
    throw new KeywrightError(
      "reauthentication-required",
      `The session that was opened with an MFA code ended at ${parent.expiresAt}.`,
      {
        hint: "Run: keywright connector authenticate {connector}",
      },
    );
  }
  return { keys: parent, expiresAt };
};
