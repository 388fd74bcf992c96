/** The shared configuration of a machine, read as data: nothing in it is run. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
import { homedir } from "node:os";
import { join } from "node:path";
import { KeywrightError } from "@keywright/core";
import { loadSharedConfigFiles, loadSsoSessionData } from "@smithy/core/config";

export type Variables = Readonly<Record<string, string | undefined>>;
export type Profile = Readonly<Record<string, string | undefined>>;
export type SharedConfig = {
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly sessions: Readonly<Record<string, Profile>>;
  readonly file: string;
};

export const readShared = async (variables: Variables): Promise<SharedConfig> => {
  const file = variables["AWS_CONFIG_FILE"] ?? join(homedir(), ".aws", "config");
  const filepath = variables["AWS_SHARED_CREDENTIALS_FILE"] ?? join(homedir(), ".aws", "credentials");
  try {
    const options = { configFilepath: file, filepath, ignoreCache: true };
    const { configFile, credentialsFile } = await loadSharedConfigFiles(options);
    const names = new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)]);
    // As the SDKs do: what the credentials file says wins.
    const profiles = Object.fromEntries(
      [...names].map((name) => [name, { ...configFile[name], ...credentialsFile[name] }]),
    );
    return { profiles, sessions: await loadSsoSessionData({ configFilepath: file }), file };
  } catch (cause) {
    throw new KeywrightError(
      "config-invalid",
      `The AWS configuration in ${file} cannot be read: ${(cause as Error).message}.`,
      { hint: "Mend the file.", cause },
    );
  }
};

export const profileNamed = (shared: SharedConfig, name: string): Profile => {
  const found = shared.profiles[name];
  if (found) return found;
  const known = Object.keys(shared.profiles);
  throw new KeywrightError("config-invalid", `There is no profile ${name} in ${shared.file}.`, {
    hint: known.length === 0 ? "There are no profiles." : `There are: ${known.join(", ")}.`,
  });
};

/** The profile and those it takes its source from, the last one holding the keys. */
export const chainOf = (shared: SharedConfig, name: string): { readonly name: string; readonly profile: Profile }[] => {
  const chain: { name: string; profile: Profile }[] = [];
  for (let next: string | undefined = name; next !== undefined;) {
    if (chain.some((one) => one.name === next) && next !== name) {
      throw new KeywrightError(
        "config-invalid",
        `The profiles ${chain.map((one) => one.name).join(" → ")} → ${next} go round in a circle.`,
        { hint: "Mend source_profile." },
      );
    }
    const profile: Profile = profileNamed(shared, next);
    chain.push({ name: next, profile });
    const source: string | undefined = profile["role_arn"] === undefined ? undefined : profile["source_profile"];
    next = source === next ? undefined : source;
    if (chain.length > 8) break;
  }
  return chain;
};
