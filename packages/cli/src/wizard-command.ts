/** `connector register -i`: asks, verifies, and on a failure lets answers be changed without losing any. */
import type { Broker, Registration } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import { readCatalog } from "./catalog.ts";
import { registerWith, saySaved } from "./commands/register.ts";
import { argument, cancelled, type Context, text } from "./context.ts";
import { convertConfig } from "./fields.ts";
import { remark, print, printJson, plain } from "./output.ts";
import { savedDocument, settingsOf } from "./registering.ts";
import { type Answers, ask, commandLine, noAnswers, stepIds, type WizardSource } from "./wizard.ts";
import { methodNamed } from "./catalog.ts";

const registrationOf = (context: Context, answers: Answers, source: WizardSource): Registration => {
  const method = methodNamed(source.type, answers.method ?? "");
  const known = Object.keys(method.config.properties ?? {});
  const config = convertConfig(
    { ...source, method },
    new Map(
      Object.entries(answers.config)
        .filter(([name]) => known.includes(name))
        .map(([name, value]) => [name, [value]]),
    ),
  );
  const wanted = Object.keys(
    source.manifest.secretSchemas.find((one) => one.id === method.secret)?.schema.properties ?? {},
  );
  const secret = Object.fromEntries(Object.entries(answers.secret).filter(([name]) => wanted.includes(name)));
  const settings = settingsOf(context.options);
  return {
    ...settings,
    name: answers.name ?? "",
    type: source.type.id,
    authMethod: method.id,
    config,
    ...(method.secret !== null && { secret }),
    ...(answers.resourceTypes && { resourceTypes: answers.resourceTypes }),
    ...(answers.resourceId !== undefined && { resourceId: answers.resourceId }),
    allowedEndpoints: [...(settings.allowedEndpoints ?? []), ...answers.allowedEndpoints],
    allowedCommands: [...(settings.allowedCommands ?? []), ...answers.allowedCommands],
  };
};

/** What to do after a failure: the id of a step to go back to, or null to try again as it is. */
const afterFailure = async (
  context: Context,
  answers: Answers,
  sources: readonly WizardSource[],
  error: KeywrightError,
): Promise<string | null> => {
  const prompts = await context.prompts();
  remark(context, `error: ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}`);
  const { host, port, command } = (error.data ?? {}) as { host?: string; port?: number; command?: string };
  const endpoint =
    error.code === "endpoint-not-allowed" && host !== undefined
      ? `${host}${port === undefined ? "" : `:${port}`}`
      : null;
  const program = error.code === "command-not-allowed" && command !== undefined ? command : null;
  const answer = await prompts.select({
    message: "Nothing was saved, and your answers are kept. What now?",
    choices: [
      ...(endpoint === null ? [] : [{ value: "allow-endpoint", label: `allow it to dial ${endpoint}, and try again` }]),
      ...(program === null
        ? []
        : [{ value: "allow-command", label: `allow it to run ${plain(program)}, and try again` }]),
      { value: "change", label: "change an answer" },
      { value: "again", label: "try again as it is" },
      { value: "stop", label: "stop" },
    ],
  });
  if (answer === "stop") throw error;
  if (answer === "allow-endpoint" && endpoint !== null) answers.allowedEndpoints.push(endpoint);
  if (answer === "allow-command" && program !== null) answers.allowedCommands.push(program);
  if (answer !== "change") return null;
  const steps = stepIds(answers, sources);
  return prompts.select({
    message: "Which one?",
    choices: steps.map((id) => ({ value: id, label: id.replace(/^\w+:/, "") })),
    initial: steps[1],
  });
};

const saveOrAskAgain = async (
  context: Context,
  broker: Broker,
  answers: Answers,
  sources: readonly WizardSource[],
  taken: (name: string) => boolean,
) => {
  const prompts = await context.prompts();
  for (let start: string | null | undefined; ;) {
    if (start !== null) await ask(prompts, answers, sources, taken, start);
    for (const value of Object.values(answers.secret)) context.secrets.add(value);
    const source = sources.find((one) => one.type.id === answers.type);
    if (!source) throw cancelled();
    try {
      return await registerWith(context, broker, registrationOf(context, answers, source));
    } catch (error) {
      if (!KeywrightError.is(error) || ["cancelled", "internal"].includes(error.code)) throw error;
      start = await afterFailure(context, answers, sources, error);
    }
  }
};

export const runWizard = async (context: Context): Promise<void> => {
  if (!context.interactive) {
    throw new KeywrightError("usage", "-i asks at a terminal, and there is none.", {
      hint: "keywright connector register NAME --type TYPE --auth-method METHOD --KEY=VALUE … needs no terminal.",
    });
  }
  const { sources } = readCatalog(context);
  if (sources.length === 0)
    throw new KeywrightError("type-not-found", "No plugin is installed in this folder.", {
      hint: "For example: npm install @keywright/aws",
    });
  const broker = await context.openBroker();
  const answers = noAnswers();
  // What was given on the command line already stands.
  const [type, method, name] = [
    text(context.options, "type"),
    text(context.options, "authMethod"),
    argument(context, 0),
  ];
  if (type !== undefined) answers.type = type;
  if (method !== undefined) answers.method = method;
  if (name !== "") answers.name = name;
  const taken = (wanted: string) => broker.connectors.list({ name: wanted }).some((one) => one.name === wanted);
  const saved = await saveOrAskAgain(context, broker, answers, sources, taken);
  const source = sources.find((one) => one.type.id === answers.type);
  const line = source ? commandLine(answers, source) : null;
  if (context.json) {
    printJson(context, { ...savedDocument(saved), command: line });
    return;
  }
  saySaved(context, saved);
  if (line !== null) print(context, `\nThe same without questions, its secrets from variables:\n  ${line}`);
};
