/** Auto-configuration: what the machine offers, where it was found, and why a method fits. Nothing is run or kept here. */
import type { Call } from "@keywright/core";
import { chainOf, type Profile, readShared, type SharedConfig, type Variables } from "./profiles.ts";

type Finding = {
  readonly method: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secret: Readonly<Record<string, string>> | null;
  readonly from: string;
  readonly why: string;
  readonly commands?: readonly string[];
};

const defined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
const keysIn = (profile: Profile) =>
  profile["aws_access_key_id"] && profile["aws_secret_access_key"]
    ? { accessKeyId: profile["aws_access_key_id"], secretAccessKey: profile["aws_secret_access_key"] }
    : null;

const ofProfile = (shared: SharedConfig, name: string): Finding | null => {
  const chain = chainOf(shared, name);
  const profile = chain[0]?.profile ?? {};
  const last = chain.at(-1)?.profile ?? {};
  const from = `profile ${name} in ${shared.file}`;
  const role = defined({
    roleArn: profile["role_arn"],
    externalId: profile["external_id"],
    mfaSerial: profile["mfa_serial"],
  });
  const commands = last["credential_process"] === undefined ? undefined : [last["credential_process"]];
  if (commands)
    return {
      method: "implicit",
      config: { profile: name },
      secret: null,
      from,
      why: "its credential_process makes the credentials; the command must be allowed",
      commands,
    };
  if (profile["web_identity_token_file"] && profile["role_arn"]) {
    return {
      method: "web-identity",
      config: { roleArn: profile["role_arn"], tokenFile: profile["web_identity_token_file"] },
      secret: {},
      from,
      why: "it assumes a role with a token file, so no AWS key is stored",
    };
  }
  const session =
    profile["sso_session"] === undefined ? profile : { ...shared.sessions[profile["sso_session"]], ...profile };
  if (session["sso_start_url"] && session["sso_region"] && session["sso_account_id"] && session["sso_role_name"]) {
    const config = {
      startUrl: session["sso_start_url"],
      ssoRegion: session["sso_region"],
      accountId: session["sso_account_id"],
      roleName: session["sso_role_name"],
    };
    return {
      method: "sso",
      config,
      secret: null,
      from,
      why: "it is a permission set of IAM Identity Center; you log in once by device code",
    };
  }
  const keys = keysIn(last);
  if (profile["role_arn"] && keys) {
    const secret = { ...keys, ...defined({ sessionToken: last["aws_session_token"] }) };
    return {
      method: "iam-role",
      config: role,
      secret,
      from: `${from}, keys of ${chain.at(-1)?.name}`,
      why: "it assumes a role, which narrows every grant to one resource",
    };
  }
  if (profile["role_arn"] && profile["credential_source"]) {
    return {
      method: "implicit",
      config: defined({ roleArn: profile["role_arn"], externalId: profile["external_id"] }),
      secret: null,
      from,
      why: `it assumes a role from ${profile["credential_source"]}, which narrows every grant`,
    };
  }
  if (keys && last["aws_session_token"])
    return {
      method: "sts-token",
      config: {},
      secret: { ...keys, sessionToken: last["aws_session_token"] },
      from,
      why: "they are keys of a session, which somebody issued; they end by themselves",
    };
  if (keys)
    return {
      method: "secret-key",
      config: defined({ mfaSerial: profile["mfa_serial"] }),
      secret: keys,
      from,
      why: "it is a key of a user; grants are minted and narrowed by GetFederationToken",
    };
  return null;
};

const ofVariables = (variables: Variables): Finding[] => {
  const {
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: key,
    AWS_SESSION_TOKEN: token,
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
    AWS_ROLE_ARN: role,
  } = variables;
  const found: Finding[] = [];
  if (id && key && token)
    found.push({
      method: "sts-token",
      config: {},
      secret: { accessKeyId: id, secretAccessKey: key, sessionToken: token },
      from: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
      why: "they are keys of a session, which somebody issued; they end by themselves",
    });
  else if (id && key)
    found.push({
      method: "secret-key",
      config: {},
      secret: { accessKeyId: id, secretAccessKey: key },
      from: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      why: "it is a key of a user; grants are minted and narrowed by GetFederationToken",
    });
  if (file && role)
    found.push({
      method: "web-identity",
      config: { roleArn: role, tokenFile: file },
      secret: {},
      from: "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN",
      why: "a role trusts this machine's token, so no AWS key is stored",
    });
  return found;
};

const metadata = "http://169.254.169.254";
/** Instance or container metadata: a role that the surroundings hold. */
const ofSurroundings = async (variables: Variables, call: Call): Promise<Finding | null> => {
  const container =
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] ?? variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const why = "the machine's own role is renewed by itself; give it a role to assume, so that grants can be narrowed";
  if (container !== undefined)
    return { method: "implicit", config: {}, secret: null, from: `container credentials at ${container}`, why };
  if (variables["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return null;
  try {
    const endpoint = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? metadata;
    const answer = await call.network.fetch(`${endpoint}/latest/api/token`, {
      method: "PUT",
      headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" },
      signal: AbortSignal.any([call.signal, AbortSignal.timeout(1000)]),
    });
    return answer.ok
      ? { method: "implicit", config: {}, secret: null, from: `instance metadata at ${endpoint}`, why }
      : null;
  } catch {
    return null;
  }
};

const regionIn = (variables: Variables, profile: Profile | undefined) =>
  variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"] ?? profile?.["region"];
/** Best first: what the environment names, then the profile in use, then the others, then the machine. */
const findings = async (variables: Variables, call: Call): Promise<Finding[]> => {
  const shared = await readShared(variables);
  const inUse = variables["AWS_PROFILE"] ?? "default";
  const names = [inUse, ...Object.keys(shared.profiles).filter((name) => name !== inUse)].filter(
    (name) => shared.profiles[name],
  );
  const profiles = names.flatMap((name) => {
    const found = ofProfile(shared, name);
    return found
      ? [
          {
            ...found,
            config: defined({
              region: regionIn({}, shared.profiles[name]) ?? regionIn(variables, undefined),
              ...found.config,
            }),
          },
        ]
      : [];
  });
  const fromEnvironment = ofVariables(variables).map((one) => ({
    ...one,
    config: defined({ region: regionIn(variables, shared.profiles[inUse]), ...one.config }),
  }));
  const machine = await ofSurroundings(variables, call);
  const last = machine
    ? [{ ...machine, config: defined({ region: regionIn(variables, shared.profiles[inUse]), ...machine.config }) }]
    : [];
  // AWS_PROFILE names a profile on purpose: it comes before keys that happen to be set.
  return variables["AWS_PROFILE"] === undefined
    ? [...fromEnvironment, ...profiles, ...last]
    : [...profiles, ...fromEnvironment, ...last];
};

export const discoverFor = (method: string) =>
  async function* (variables: Variables, call: Call): AsyncIterable<never> {
    for (const { method: fits, ...found } of await findings(variables, call)) if (fits === method) yield found as never;
  };
