/** Options of register, update and rotate as what the broker takes, and what is said of the outcome. */
import type { Broker, Connector, Preference, Registration, ReportedCheck, SaveOptions, Saved } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import type { ManifestConnector } from "@keywright/manifest";
import { methodNamed } from "./catalog.ts";
import { askAt } from "./asking.ts";
import { printCheck } from "./checks.ts";
import { type Context, flag, list, type Options, text } from "./context.ts";
import { seconds } from "./durations.ts";
import { assignments, type Subject } from "./fields.ts";
import { facts, moment, pairs, print, yes } from "./output.ts";
import type { Progress } from "./progress.ts";

export const subjectOf = (broker: Broker, typeId: string, method: string, prefer?: Preference): Subject => {
  const { type, plugin } = broker.plugins.connectorType(typeId, prefer);
  return { type, manifest: plugin.manifest(), method: methodNamed(type, method) };
};
export const onlyMethod = (type: ManifestConnector): string => {
  const [first, ...others] = type.authMethods;
  if (first && others.length === 0) return first.id;
  throw new KeywrightError("usage", `Say how to authenticate: ${type.authMethods.map(({ id }) => id).join(", ")}.`, {
    hint: `Add --auth-method METHOD, or --auto-configure to take what this machine offers, or -i to be asked.`,
  });
};

/** The settings that every connector has, as far as they were given. */
export const settingsOf = (options: Options) => {
  const lifetime = seconds(text(options, "lifetime"), "--lifetime");
  const skew = seconds(text(options, "skew"), "--skew");
  const resourceTypes = list(options, "resourceType");
  const labels = assignments(list(options, "label"), "--label");
  const [resourceId, description, expiresAt] = [
    text(options, "resourceId"),
    text(options, "description"),
    text(options, "expiresAt"),
  ];
  return {
    ...(resourceTypes.length > 0 && { resourceTypes }),
    ...(resourceId !== undefined && { resourceId }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(description !== undefined && { description }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(skew !== undefined && { expiresSkewSeconds: skew }),
    ...(lifetime !== undefined && { lifetimeSeconds: lifetime }),
    ...(flag(options, "allowUnconfined") && { allowUnconfined: true }),
    ...(flag(options, "allowMainCredential") && { allowMainCredential: true }),
    ...(list(options, "allowEndpoint").length > 0 && { allowedEndpoints: list(options, "allowEndpoint") }),
    ...(list(options, "allowCommand").length > 0 && { allowedCommands: list(options, "allowCommand") }),
  } satisfies Partial<Registration>;
};

export const saveOptions = (
  context: Context,
  name: string,
  progress: Progress,
): SaveOptions & Required<Pick<SaveOptions, "ask">> => ({
  signal: context.signal,
  ...(flag(context.options, "noVerify") && { verify: false }),
  ask: askAt(context, name, progress.clear),
  onCheck: (check: ReportedCheck) => {
    progress.clear();
    if (!context.json) printCheck(context, check);
  },
});

export const connectorFacts = (context: Context, connector: Connector): void =>
  facts(context, [
    ["Name", connector.name],
    ["Id", connector.id],
    ["Type", `${connector.type} ${connector.authMethod}`],
    ["Description", connector.description === "" ? null : connector.description],
    ["Resource types", connector.resourceTypes.join(", ")],
    ["Resource", connector.resourceId ?? "every one it reaches"],
    ["Identity", connector.principal],
    ["Configuration", pairs(connector.config)],
    ["Known of it", pairs(Object.fromEntries(Object.entries(connector.facts).filter(([, value]) => value !== "")))],
    ["Labels", pairs(connector.labels)],
    ["Allow unconfined", yes(connector.allowUnconfined)],
    ["Allow main credential", yes(connector.allowMainCredential)],
    ["Allowed endpoints", connector.allowedEndpoints],
    ["Allowed commands", connector.allowedCommands],
    ["Lifetime of grants", connector.lifetimeSeconds === null ? null : `at most ${connector.lifetimeSeconds} s`],
    [
      "Credential ends",
      connector.expiresAt === null
        ? null
        : `${moment(connector.expiresAt) ?? ""}, used until ${connector.expiresSkewSeconds} s before`,
    ],
    ["Login ends", moment(connector.authenticatedUntil)],
    [
      "Earlier credential",
      connector.previousUntil === null ? null : `kept until ${moment(connector.previousUntil) ?? ""}`,
    ],
    ["Verified", moment(connector.verifiedAt) ?? "never"],
    ["Updated", moment(connector.updatedAt)],
  ]);

/** The document of register, update, rotate and authenticate. */
export const savedDocument = ({ connector, checks, enabled }: Saved) => ({ connector, checks, enabled });
export const sayEnabled = (context: Context, enabled: string | null): void => {
  if (enabled !== null)
    print(context, `Enabled the plugin ${enabled}: from now on its code runs for connectors of its types.`);
};
