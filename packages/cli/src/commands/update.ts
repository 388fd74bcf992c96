import type { Changes, Connector } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import { commands } from "../command-table.ts";
import { argument, type Context, flag, list, type Options, text } from "../context.ts";
import { assignments, convertConfig, sortFields } from "../fields.ts";
import { paint, print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";
import { connectorFacts, savedDocument, saveOptions, settingsOf, subjectOf } from "../registering.ts";

const ownOptions = commands.find((one) => one.words[1] === "update")?.options.map(({ name }) => name) ?? [];

const without = (all: readonly string[], more: readonly string[] | undefined, gone: readonly string[]) =>
  [...new Set([...all, ...(more ?? [])])].filter((one) => !gone.includes(one));

/** Lists and labels are added to; taking away has options of its own. */
const changesOf = (options: Options, before: Connector): Changes => {
  const given = settingsOf(options);
  const forbiddenEndpoints = list(options, "forbidEndpoint");
  const forbiddenCommands = list(options, "forbidCommand");
  const labels = assignments(list(options, "label"), "--label");
  const rename = text(options, "rename");
  return {
    ...given,
    ...(rename !== undefined && { name: rename }),
    ...(text(options, "authMethod") !== undefined && { authMethod: text(options, "authMethod") as string }),
    ...(Object.keys(labels).length > 0 && {
      labels: Object.fromEntries(Object.entries({ ...before.labels, ...labels }).filter(([, value]) => value !== "")),
    }),
    ...((given.allowedEndpoints || forbiddenEndpoints.length > 0) && {
      allowedEndpoints: without(before.allowedEndpoints, given.allowedEndpoints, forbiddenEndpoints),
    }),
    ...((given.allowedCommands || forbiddenCommands.length > 0) && {
      allowedCommands: without(before.allowedCommands, given.allowedCommands, forbiddenCommands),
    }),
    ...(flag(options, "noResourceId") && { resourceId: null }),
    ...(flag(options, "noLifetime") && { lifetimeSeconds: null }),
    ...(flag(options, "noExpiresAt") && { expiresAt: null }),
    ...(flag(options, "noAllowUnconfined") && { allowUnconfined: false }),
    ...(flag(options, "noAllowMainCredential") && { allowMainCredential: false }),
    ...(list(options, "unset").length > 0 && { unset: list(options, "unset") }),
  };
};

export const run = async (context: Context): Promise<void> => {
  const name = argument(context, 0);
  const broker = await context.openBroker();
  const before = broker.connectors.get(name);
  const subject = subjectOf(broker, before.type, text(context.options, "authMethod") ?? before.authMethod);
  const given = sortFields(subject, context.fields, ownOptions);
  const [secret] = given.secret.keys();
  if (secret !== undefined) {
    throw new KeywrightError("usage", `${secret} is part of the credential, which update does not change.`, {
      hint: `keywright connector rotate ${name} gives it a new one, verified before it is switched to.`,
    });
  }
  const config = convertConfig(subject, given.config);
  const known = Object.keys(subject.method.config.properties ?? {});
  for (const field of list(context.options, "unset")) sortFields(subject, [{ name: field, value: "" }], known);
  const changes: Changes = { ...changesOf(context.options, before), ...(Object.keys(config).length > 0 && { config }) };
  if (Object.keys(changes).length === 0) {
    throw new KeywrightError("usage", "Nothing to change was given.", {
      hint: "keywright connector update --help shows what can be changed.",
    });
  }
  const saved = await withProgress(context, `Verifying ${name}`, (progress) => {
    const { verify, ...options } = saveOptions(context, name, progress);
    return broker.connectors.update(name, changes, verify === undefined ? options : { ...options, verify });
  });
  if (context.json) return printJson(context, savedDocument(saved));
  print(context, `${paint(context, "green", "Updated")} ${saved.connector.name}.\n`);
  connectorFacts(context, saved.connector);
};
