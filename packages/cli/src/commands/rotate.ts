import { KeywrightError } from "@keywright/core/errors";
import { commands } from "../command-table.ts";
import { argument, type Context, flag, text } from "../context.ts";
import { seconds } from "../durations.ts";
import { convertConfig, readSecrets, sortFields } from "../fields.ts";
import { moment, paint, print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";
import { savedDocument, saveOptions, subjectOf } from "../registering.ts";

const ownOptions = commands.find((one) => one.words[1] === "rotate")?.options.map(({ name }) => name) ?? [];

export const run = async (context: Context): Promise<void> => {
  const { options } = context;
  const name = argument(context, 0);
  const broker = await context.openBroker();
  const before = broker.connectors.get(name);
  const back = flag(options, "rollback");
  if (back && (context.fields.length > 0 || text(options, "overlap") !== undefined)) {
    throw new KeywrightError("usage", "--rollback goes back to the credential before; it takes no new one.", {
      hint: `keywright connector rotate ${name} --rollback`,
    });
  }
  const overlapSeconds = seconds(text(options, "overlap"), "--overlap") ?? 0;
  const expiresAt = text(options, "expiresAt");
  const subject = subjectOf(broker, before.type, before.authMethod);
  const given = sortFields(subject, context.fields, ownOptions);
  const secret = back ? undefined : await readSecrets(context, subject, given.secret);
  const config = convertConfig(subject, given.config);
  const saved = await withProgress(context, `Verifying ${name}`, (progress) => {
    const save = saveOptions(context, name, progress);
    return back
      ? broker.connectors.rollback(name, save)
      : broker.connectors.rotate(name, {
          ...save,
          ...(secret && { secret }),
          config,
          overlapSeconds,
          ...(expiresAt !== undefined && { expiresAt }),
        });
  });
  if (context.json) return printJson(context, savedDocument(saved));
  const { previousUntil } = saved.connector;
  print(
    context,
    back
      ? `${paint(context, "green", "Went back")} to the earlier credential of ${name}.`
      : `${paint(context, "green", "Rotated")} ${name}.`,
  );
  if (previousUntil !== null)
    print(
      context,
      `The earlier one is kept until ${moment(previousUntil) ?? ""}: keywright connector rotate ${name} --rollback`,
    );
  print(context, "Cached grants were dropped; those already handed out work at the provider until they end.");
};
