/** Arguments of the helper commands, read by hand: these processes start on every call of their clients. */
import type { GrantRequest } from "@keywright/broker/cached";
import { KeywrightError } from "@keywright/core/errors";

export type HelperArguments = {
  /** Incomplete where a helper takes the connector from elsewhere. */
  readonly request: Omit<GrantRequest, "connector"> & { readonly connector?: string | undefined };
  readonly home?: string | undefined;
  /** The registry that a docker helper answers for, where it is not one of the recorded logins. */
  readonly registry?: string | undefined;
  /** File that names a credentials endpoint of `run`, instead of the state. */
  readonly endpoint?: string | undefined;
  readonly words: readonly string[];
};

const options: Readonly<Record<string, string>> = {
  "--connector": "connector",
  "-c": "connector",
  "--resource-type": "resourceType",
  "-r": "resourceType",
  "--resource-id": "resourceId",
  "--access": "access",
  "--ttl": "ttl",
  "--home": "home",
  "--registry": "registry",
  "--endpoint": "endpoint",
};

const unit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
/** `900`, `15m`, `1h30m` → seconds, as on every other command. */
export const secondsOf = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (!/^(?:\d{1,9}[smhd])+$/i.test(text)) {
    throw new KeywrightError("usage", `--ttl ${JSON.stringify(text.slice(0, 40))} is not a duration.`, {
      hint: "Write seconds, or a number with s, m, h or d: 900, 15m, 1h30m, 36h.",
    });
  }
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhd])/g)];
  return parts.reduce((sum, [, count, letter]) => sum + Number(count) * unit[letter as keyof typeof unit], 0);
};

export const helperArguments = (args: readonly string[]): HelperArguments => {
  const given: Record<string, string> = {};
  const words: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (!word.startsWith("-")) {
      words.push(word);
      continue;
    }
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const key = options[name];
    if (key === undefined)
      throw new KeywrightError("usage", `There is no option ${name}.`, {
        hint: `There are: ${Object.keys(options).join(" ")}.`,
      });
    const value = equals < 0 ? args[++index] : word.slice(equals + 1);
    if (value === undefined) throw new KeywrightError("usage", `${name} needs a value.`);
    given[key] = value;
  }
  const { connector, resourceType, resourceId, access, ttl, home, registry, endpoint } = given;
  return {
    request: {
      connector,
      resourceType,
      resourceId,
      access,
      ttlSeconds: ttl === undefined ? undefined : secondsOf(ttl),
    },
    home,
    registry,
    endpoint,
    words,
  };
};

/** The same request as arguments, for entries that `login` writes. */
export const requestArguments = (request: GrantRequest): string[] => [
  "--connector",
  request.connector,
  ...(request.resourceType === undefined ? [] : ["--resource-type", request.resourceType]),
  ...(request.resourceId === undefined ? [] : ["--resource-id", request.resourceId]),
  ...(request.access === undefined ? [] : ["--access", request.access]),
  ...(request.ttlSeconds === undefined ? [] : ["--ttl", String(request.ttlSeconds)]),
];
