/** The request of a command line, as the command table parsed it. */
import type { GrantRequest } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import { type Context, text } from "../context.ts";
import { seconds } from "../durations.ts";
import { plain, remark } from "../output.ts";
import { configurationPath, readConfiguration } from "../project-files.ts";

export const requestOf = (
  { options }: Pick<Context, "options">,
  connector = text(options, "connector"),
): GrantRequest => {
  if (connector === undefined)
    throw new KeywrightError("usage", "Which connector?", {
      hint: "Add --connector NAME, or name one in keywright.json; keywright connector list shows them.",
    });
  return {
    connector,
    resourceType: text(options, "resourceType"),
    resourceId: text(options, "resourceId"),
    access: text(options, "access"),
    ttlSeconds: seconds(text(options, "ttl"), "--ttl"),
  };
};

/** Where no connector is named, what the project's `keywright.json` says; options stand above it. */
export const projectRequestOf = async (
  context: Pick<Context, "options" | "cwd" | "stderr" | "json">,
): Promise<GrantRequest> => {
  if (text(context.options, "connector") !== undefined) return requestOf(context);
  const { grant } = await readConfiguration(context.cwd);
  const request = requestOf({ options: { ...grant, ...context.options } });
  // A project's file may be anybody's: what it asks for is said.
  const { connector, resourceType, resourceId, access = "read" } = request;
  const asked = [connector, resourceType, resourceId, access].filter((one) => one !== undefined).join(" ");
  if (!context.json) remark(context, plain(`From ${configurationPath(context.cwd) ?? ""}: ${asked}`));
  return request;
};
