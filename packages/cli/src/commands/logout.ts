import { argument, type Context, text } from "../context.ts";
import { logout } from "../deliver/login.ts";
import { print, printJson } from "../output.ts";

export const run = async (context: Context): Promise<void> => {
  const { options, environment } = context;
  const filter = {
    resourceType: text(options, "resourceType"),
    resourceId: text(options, "resourceId"),
    access: text(options, "access"),
    profile: text(options, "profile"),
    context: text(options, "context"),
  };
  const undone = await logout({ broker: await context.openBroker(), environment }, argument(context, 0), filter);
  if (context.json) printJson(context, { undone });
  else for (const { kind, name, file } of undone) print(context, `Removed ${kind} ${name} from ${file}`);
};
