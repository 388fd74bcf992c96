/** The request of a command line, as the command table parsed it. */
import type { GrantRequest } from "@keywright/broker";
import { KeywrightError } from "@keywright/core/errors";
import { type Context, text } from "../context.ts";
import { seconds } from "../durations.ts";

export const requestOf = (
  { options }: Pick<Context, "options">,
  connector = text(options, "connector"),
): GrantRequest => {
  if (connector === undefined)
    throw new KeywrightError("usage", "Which connector?", {
      hint: "Add --connector NAME; keywright connector list shows them.",
    });
  return {
    connector,
    resourceType: text(options, "resourceType"),
    resourceId: text(options, "resourceId"),
    access: text(options, "access"),
    ttlSeconds: seconds(text(options, "ttl"), "--ttl"),
  };
};
