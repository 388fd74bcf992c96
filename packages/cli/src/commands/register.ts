import type { Broker, Discovery, Registration, Saved } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import type { Context } from "../context.ts";
import { argument, flag, text } from "../context.ts";
import { commands } from "../command-table.ts";
import { convertConfig, readSecrets, sortFields } from "../fields.ts";
import { paint, plain, print, printJson, remark } from "../output.ts";
import { withProgress } from "../progress.ts";
import { withAnswers } from "../project-files.ts";
import {
  connectorFacts,
  onlyMethod,
  savedDocument,
  saveOptions,
  sayEnabled,
  settingsOf,
  subjectOf,
} from "../registering.ts";

const ownOptions = commands.find((one) => one.words[1] === "register")?.options.map(({ name }) => name) ?? [];

/** There is no connector yet that could be updated: the remedy is an option of register. */
const beforeSaving = (error: KeywrightError): KeywrightError => {
  const { host, port, command } = (error.data ?? {}) as { host?: string; port?: number; command?: string };
  const option =
    error.code === "endpoint-not-allowed" && host !== undefined
      ? `--allow-endpoint ${host}:${port ?? 443}`
      : error.code === "command-not-allowed" && command !== undefined
        ? `--allow-command ${JSON.stringify(command)}`
        : null;
  if (option === null) return error;
  const { code, message, data, retryable } = error;
  return new KeywrightError(code, message, {
    hint: `If you trust it, add ${option}`,
    retryable,
    ...(data && { data }),
    cause: error.cause,
  });
};

/** Verifies and saves; says which plugin that enabled, also where the verification failed after it. */
export const registerWith = async (context: Context, broker: Broker, registration: Registration): Promise<Saved> => {
  const { plugin } = broker.plugins.connectorType(registration.type, "project");
  const enabledBefore = broker.plugins.isEnabled(plugin);
  try {
    return await withProgress(context, `Verifying ${registration.name}`, (progress) =>
      broker.connectors.register(registration, saveOptions(context, registration.name, progress)),
    );
  } catch (error) {
    if (!enabledBefore && !context.json && broker.plugins.isEnabled(plugin))
      sayEnabled(context, `${plugin.package}@${plugin.version}`);
    throw KeywrightError.is(error) ? beforeSaving(error) : error;
  }
};
export const saySaved = (context: Context, saved: Saved): void => {
  sayEnabled(context, saved.enabled);
  print(
    context,
    `\n${paint(context, "green", "Registered")} ${saved.connector.name}${saved.checks.length === 0 ? ", not verified" : ""}.\n`,
  );
  connectorFacts(context, saved.connector);
  print(context, `\nkeywright connector list-resources ${saved.connector.name} shows what it reaches.`);
};

const discovered = async (
  context: Context,
  broker: Broker,
  type: string,
  given: Partial<Registration>,
): Promise<Discovery> => {
  const wanted = text(context.options, "authMethod");
  // What is given beside stands above what is found.
  const found: Discovery[] = [];
  await withProgress(context, "Looking around", async () => {
    const around = broker.connectors.discover({
      type,
      authMethod: wanted,
      allowedEndpoints: given.allowedEndpoints ?? [],
      allowedCommands: given.allowedCommands ?? [],
      signal: context.signal,
    });
    for await (const one of around) found.push(one);
  });
  for (const { secret } of found)
    for (const value of Object.values((secret as unknown as Record<string, unknown> | null) ?? {}))
      if (typeof value === "string") context.secrets.add(value);
  const say = (line: string) => (context.json ? undefined : print(context, line));
  for (const one of found)
    say(`${paint(context, "cyan", "found")} ${one.authMethod} in ${plain(one.from)}: ${plain(one.why)}`);
  const [best] = found;
  if (!best) {
    throw new KeywrightError(
      "secret-missing",
      `Nothing on this machine offers a way into ${type}${wanted === undefined ? "" : ` by ${wanted}`}.`,
      {
        hint: `Looked at the environment, configuration files and metadata. Name a method instead: keywright connector describe-type ${type}`,
      },
    );
  }
  const chosen = flag(context.options, "interactive") && found.length > 1 ? await chooseFound(context, found) : best;
  say(`Taking ${chosen.authMethod} from ${plain(chosen.from)}.`);
  const programs = (chosen.commands ?? []).filter((one) => !(given.allowedCommands ?? []).includes(one));
  if (programs.length > 0) {
    throw new KeywrightError(
      "command-not-allowed",
      `${plain(chosen.from)} runs a program: ${programs.map(plain).join("; ")}`,
      {
        hint: `If you trust it, add ${programs.map((one) => `--allow-command ${JSON.stringify(one)}`).join(" ")}`,
        data: { commands: programs },
      },
    );
  }
  return chosen;
};
const chooseFound = async (context: Context, found: readonly Discovery[]): Promise<Discovery> => {
  const prompts = await context.prompts();
  const answer = await prompts.select({
    message: "Which of these?",
    choices: found.map((one, index) => ({
      value: String(index),
      label: `${one.authMethod} from ${plain(one.from)}`,
      hint: plain(one.why),
    })),
  });
  return found[Number(answer)] as Discovery;
};

export const run = async (given: Context): Promise<void> => {
  const answers = text(given.options, "answers");
  const context = answers === undefined ? given : await withAnswers(given, answers);
  const { options } = context;
  const automatic = flag(options, "autoConfigure");
  if (flag(options, "interactive") && !automatic) {
    const { runWizard } = await import("../wizard-command.ts");
    return runWizard(context);
  }
  const name = argument(context, 0);
  const typeId = text(options, "type");
  if (name === "" || typeId === undefined) {
    throw new KeywrightError("usage", `connector register needs ${name === "" ? "a NAME" : "--type"}.`, {
      hint:
        name === ""
          ? "keywright connector register NAME --type TYPE …, or -i to be asked for everything."
          : "keywright connector list-types shows the types; -i asks for everything.",
    });
  }
  const settings = settingsOf(options);
  const broker = await context.openBroker();
  const { type } = broker.plugins.connectorType(typeId, "project");
  const found = automatic ? await discovered(context, broker, typeId, settings) : null;
  const subject = subjectOf(
    broker,
    typeId,
    found?.authMethod ?? text(options, "authMethod") ?? onlyMethod(type),
    "project",
  );
  const sorted = sortFields(subject, context.fields, ownOptions);
  const config = {
    ...(found?.config as Record<string, unknown> | undefined),
    ...convertConfig(subject, sorted.config),
  };
  const secret = found?.secret
    ? { ...(found.secret as unknown as Record<string, unknown>) }
    : await readSecrets(context, subject, sorted.secret);
  const saved = await registerWith(context, broker, {
    name,
    type: typeId,
    authMethod: subject.method.id,
    config,
    secret,
    ...settings,
  });
  if (context.json) {
    printJson(context, {
      ...savedDocument(saved),
      ...(found && { found: { authMethod: found.authMethod, from: found.from, why: found.why } }),
    });
    return;
  }
  if (flag(options, "noVerify"))
    remark(context, `warning: nothing was verified; keywright connector verify ${saved.connector.name} does it.`);
  saySaved(context, saved);
};
