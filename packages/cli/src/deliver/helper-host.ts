import type { Context } from "../context.ts";
import type { HelperHost } from "./helper.ts";

export const helperHost = ({ environment, stdin }: Pick<Context, "environment" | "stdin">): HelperHost => ({
  environment,
  stdin: async () => {
    let text = "";
    for await (const chunk of stdin) text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    return text;
  },
});
