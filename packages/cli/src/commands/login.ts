import { argument, type Context, text } from "../context.ts";
import { requestOf } from "../deliver/command-request.ts";
import { login } from "../deliver/login.ts";
import { paint, print, printJson } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const { options, environment } = context;
  const broker = await context.openBroker();
  const request = requestOf(context, argument(context, 0));
  const done = await login(
    { broker, environment },
    { request, profile: text(options, "profile"), context: text(options, "context") },
  );
  if (context.json) {
    printJson(context, done);
    return;
  }
  const what = { "aws-profile": "AWS profile", docker: "registry", kubernetes: "context" }[done.kind];
  print(context, `${paint(context, "green", "Written")}: ${what} ${done.name} in ${done.file}`);
  print(context, `Try: ${done.use}`);
  for (const note of done.notes) print(context, paint(context, "yellow", note));
  print(context, `Undo: keywright connector logout ${request.connector}`);
};
