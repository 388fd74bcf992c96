/**
 * Registration as a conversation, drawn from manifests alone. Steps are computed from the answers so far, so that a changed
 * method changes what is asked next; answers that still fit are kept, going back included.
 */
import type { Manifest, ManifestAuthMethod, ManifestConnector } from "@keywright/manifest";
import { check } from "@keywright/manifest/validate";
import { convertConfig, secretSchemaOf } from "./fields.ts";
import type { Choice, Prompts } from "./prompts.ts";
import { fieldsOf, kebab, type SchemaField } from "./schema-fields.ts";
import { complaint } from "./secret-values.ts";
import { spellingsOf } from "./type-document.ts";

export type Answers = {
  type?: string;
  method?: string;
  /** As typed; empty: left out. */
  readonly config: Record<string, string>;
  readonly secret: Record<string, string>;
  /** Groups of optional fields to fill in. */
  readonly groups: Record<string, boolean>;
  resourceTypes?: readonly string[];
  resourceId?: string;
  name?: string;
  readonly allowedEndpoints: string[];
  readonly allowedCommands: string[];
};
export const noAnswers = (): Answers => ({
  config: {},
  secret: {},
  groups: {},
  allowedEndpoints: [],
  allowedCommands: [],
});
export type WizardSource = { readonly type: ManifestConnector; readonly manifest: Manifest };

export const back = "<";
const backChoice: Choice = { value: back, label: "← back" };
/** Answers true to go on, false to go back. */
type Step = { readonly id: string; readonly ask: (prompts: Prompts) => Promise<boolean> };

const inTypes = (type: ManifestConnector, method: ManifestAuthMethod): string[] =>
  type.resources
    .filter((offer) =>
      Object.values(offer.access).some((ways) =>
        ways.some((way) =>
          (way.requires ?? []).every((need) =>
            [method, ...(method.variants ?? [])].some((one) => one.provides.includes(need)),
          ),
        ),
      ),
    )
    .map((offer) => offer.type.id);

const choose = async (
  prompts: Prompts,
  message: string,
  choices: readonly Choice[],
  initial: string | undefined,
  first: boolean,
) =>
  prompts.select({
    message,
    choices: first ? choices : [...choices, backChoice],
    initial: choices.some((one) => one.value === initial) ? initial : undefined,
  });

const about = (field: SchemaField, how: string) =>
  `${field.name}${field.required ? "" : " (optional)"}: ${field.description} ${how}`.trim();

const fieldStep = (
  answers: Answers,
  subject: WizardSource & { method: ManifestAuthMethod },
  field: SchemaField,
  kind: "config" | "secret",
): Step => {
  const kept = answers[kind];
  const property =
    (kind === "config" ? subject.method.config : secretSchemaOf(subject))?.properties?.[field.name] ?? {};
  const wrong = (answer: string): string | undefined => {
    if (answer === back) return undefined;
    if (answer === "")
      return field.required && kept[field.name] === undefined && field.default === undefined
        ? `${field.name} is needed; type ${back} to go back`
        : undefined;
    if (kind === "secret") {
      const bad = complaint(field, answer);
      if (bad !== undefined) return bad;
    }
    try {
      const value = kind === "config" ? convertConfig(subject, new Map([[field.name, [answer]]]))[field.name] : answer;
      return check({ type: "object", properties: { [field.name]: property } }, { [field.name]: value }).problems[0]
        ?.message;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return {
    id: `${kind}:${field.name}`,
    ask: async (prompts) => {
      const before = kept[field.name];
      if (field.secret) {
        const answer = await prompts.secret({
          message: about(field, before === undefined ? "" : "(empty keeps what you typed)"),
          check: wrong,
        });
        if (answer === back) return false;
        if (answer !== "") kept[field.name] = answer;
        return true;
      }
      if (field.choices.length > 0 || field.type === "true or false") {
        const values = field.choices.length > 0 ? field.choices.map(String) : ["true", "false"];
        const usual = field.default === undefined ? undefined : String(field.default);
        const answer = await choose(
          prompts,
          about(field, ""),
          values.map((value) => ({ value, label: value, ...(value === usual && { hint: "default" }) })),
          before ?? usual,
          false,
        );
        if (answer === back) return false;
        if (answer === usual) delete kept[field.name];
        else kept[field.name] = answer;
        return true;
      }
      const [example] = field.examples.map(String);
      const answer = (
        await prompts.text({
          message: about(field, `(${back} goes back)`),
          initial: before,
          placeholder: example,
          check: wrong,
        })
      ).trim();
      if (answer === back) return false;
      if (answer === "") delete kept[field.name];
      else kept[field.name] = answer;
      return true;
    },
  };
};

const groupStep = (answers: Answers, group: string, fields: readonly SchemaField[]): Step => ({
  id: `group:${group}`,
  ask: async (prompts) => {
    const choices = [
      { value: "no", label: "no", hint: "leave them out" },
      { value: "yes", label: "yes", hint: fields.map((one) => one.name).join(", ") },
    ];
    const answer = await choose(
      prompts,
      `Set anything under ${group}?`,
      choices,
      answers.groups[group] ? "yes" : "no",
      false,
    );
    if (answer === back) return false;
    answers.groups[group] = answer === "yes";
    if (answer === "no") for (const { name } of fields) delete answers.config[name];
    return true;
  },
});

/** Needed fields first, then group by group, each group of optional ones asked for as a whole. */
const configSteps = (answers: Answers, subject: WizardSource & { method: ManifestAuthMethod }): Step[] => {
  const fields = fieldsOf(subject.method.config);
  const groups = Map.groupBy(
    fields.filter((one) => !one.required),
    ({ group }) => group ?? "further settings",
  );
  return [
    ...fields.filter((one) => one.required).map((one) => fieldStep(answers, subject, one, "config")),
    ...[...groups].flatMap(([group, own]) => [
      groupStep(answers, group, own),
      ...(answers.groups[group] ? own.map((one) => fieldStep(answers, subject, one, "config")) : []),
    ]),
  ];
};

const scopeSteps = (answers: Answers, { type, method }: WizardSource & { method: ManifestAuthMethod }): Step[] => {
  const reachable = inTypes(type, method);
  const types: Step = {
    id: "resourceTypes",
    ask: async (prompts) => {
      const kept = (answers.resourceTypes ?? reachable).filter((id) => reachable.includes(id));
      const chosen = await choose(
        prompts,
        "What shall it reach?",
        [
          { value: "*", label: "everything its method reaches", hint: reachable.join(", ") },
          ...reachable.map((value) => ({
            value,
            label: value,
            hint: type.resources.find((one) => one.type.id === value)?.type.title ?? "",
          })),
          ...(reachable.length > 2 ? [{ value: "+", label: "several of these" }] : []),
        ],
        kept.length === 1 ? kept[0] : "*",
        false,
      );
      if (chosen === back) return false;
      answers.resourceTypes =
        chosen === "*"
          ? reachable
          : chosen === "+"
            ? await prompts.selectMany({
                message: "Which?",
                choices: reachable.map((value) => ({ value, label: value })),
                initial: kept,
              })
            : [chosen];
      return true;
    },
  };
  const [only, ...others] = answers.resourceTypes ?? [];
  const offer = others.length === 0 ? type.resources.find((one) => one.type.id === only) : undefined;
  if (!offer?.resourceId) return [types];
  const [spelling] = spellingsOf(offer);
  const one: Step = {
    id: "resourceId",
    ask: async (prompts) => {
      const answer = (
        await prompts.text({
          message: `One ${offer.type.title} alone? Its id, or empty for all (${back} goes back)`,
          initial: answers.resourceId,
          placeholder: spelling?.example ?? spelling?.spelling,
        })
      ).trim();
      if (answer === back) return false;
      if (answer === "") delete answers.resourceId;
      else answers.resourceId = answer;
      return true;
    },
  };
  return [types, one];
};

const stepsFor = (answers: Answers, sources: readonly WizardSource[], taken: (name: string) => boolean): Step[] => {
  const type: Step = {
    id: "type",
    ask: async (prompts) => {
      const choices = sources.map((one) => ({
        value: one.type.id,
        label: `${one.type.id} — ${one.type.title}`,
        hint: one.type.description,
      }));
      const answer = await choose(prompts, "What do you want to connect to?", choices, answers.type, true);
      answers.type = answer;
      return true;
    },
  };
  const source = sources.find((one) => one.type.id === answers.type);
  if (!source) return [type];
  const methodStep: Step = {
    id: "method",
    ask: async (prompts) => {
      const choices = source.type.authMethods.map((one) => ({
        value: one.id,
        label: `${one.id} — ${one.title}`,
        hint: one.description,
      }));
      const answer = await choose(prompts, "How does it authenticate?", choices, answers.method, false);
      if (answer === back) return false;
      answers.method = answer;
      return true;
    },
  };
  const method = source.type.authMethods.find((one) => one.id === answers.method);
  if (!method) return [type, methodStep];
  const subject = { ...source, method };
  const secret = secretSchemaOf(subject);
  const name: Step = {
    id: "name",
    ask: async (prompts) => {
      const wrong = (answer: string) =>
        answer === back || (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(answer) && !taken(answer))
          ? undefined
          : taken(answer)
            ? "That name is taken"
            : "1 to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit";
      const answer = await prompts.text({
        message: `What shall it be called? (${back} goes back)`,
        initial: answers.name,
        check: wrong,
      });
      if (answer === back) return false;
      answers.name = answer;
      return true;
    },
  };
  return [
    type,
    methodStep,
    ...configSteps(answers, subject),
    ...(secret ? fieldsOf(secret).map((one) => fieldStep(answers, subject, one, "secret")) : []),
    ...scopeSteps(answers, subject),
    name,
  ];
};

/**
 * Asks everything, or, with `only`, that one step again; where its answer changes what else is to be asked, it goes on from
 * there. Answers are changed in place.
 */
export const ask = async (
  prompts: Prompts,
  answers: Answers,
  sources: readonly WizardSource[],
  taken: (name: string) => boolean,
  only?: string,
): Promise<void> => {
  const steps = () => stepsFor(answers, sources, taken);
  const ids = () =>
    steps()
      .map(({ id }) => id)
      .join(" ");
  const before = ids();
  const from = Math.max(
    0,
    steps().findIndex(({ id }) => id === only),
  );
  for (let index = from; ;) {
    const step = steps()[index];
    if (!step) return;
    const forward = await step.ask(prompts);
    if (only !== undefined && forward && index === from && ids() === before) return;
    index = forward ? index + 1 : Math.max(0, index - 1);
  }
};
/** What can be changed after a failure. */
export const stepIds = (answers: Answers, sources: readonly WizardSource[]): string[] =>
  stepsFor(answers, sources, () => false).map((one) => one.id);

const quoted = (word: string) => (/^[\w./:@=+,%-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);
/** The one line that repeats it; secrets are named by where to put them, never by value. */
export const commandLine = (answers: Answers, source: WizardSource): string => {
  const method = source.type.authMethods.find((one) => one.id === answers.method);
  if (!method) return "keywright connector register -i";
  const reachable = inTypes(source.type, method);
  const chosen = answers.resourceTypes ?? reachable;
  const known = Object.keys(method.config.properties ?? {});
  const secrets = Object.keys(secretSchemaOf({ ...source, method })?.properties ?? {});
  const words = [
    "keywright connector register",
    quoted(answers.name ?? "NAME"),
    `--type ${source.type.id}`,
    `--auth-method ${method.id}`,
    ...Object.entries(answers.config)
      .filter(([name]) => known.includes(name))
      .map(([name, value]) => `--${kebab(name)}=${quoted(value)}`),
    ...Object.keys(answers.secret)
      .filter((name) => secrets.includes(name))
      .map((name) => `--${kebab(name)}=env:${kebab(name).replaceAll("-", "_").toUpperCase()}`),
    ...(chosen.length === reachable.length ? [] : chosen.map((id) => `--resource-type ${id}`)),
    ...(answers.resourceId === undefined ? [] : [`--resource-id ${quoted(answers.resourceId)}`]),
    ...answers.allowedEndpoints.map((one) => `--allow-endpoint ${quoted(one)}`),
    ...answers.allowedCommands.map((one) => `--allow-command ${quoted(one)}`),
  ];
  return words.join(" ");
};
