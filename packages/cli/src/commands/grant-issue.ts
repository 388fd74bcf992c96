import { type Context, flag, text } from "../context.ts";
import { projectRequestOf } from "../deliver/command-request.ts";
import { grantDocument, grantFacts } from "../grant-facts.ts";
import { facts, heading, print, printJson } from "../output.ts";
import { withProgress } from "../progress.ts";

export const run = async (context: Context): Promise<void> => {
  const { options } = context;
  const purpose = text(options, "purpose");
  const broker = await context.openBroker();
  const request = { ...(await projectRequestOf(context)), kind: text(options, "kind") };
  const grant = await withProgress(context, "Issuing", () =>
    broker.grants.issue(request, { signal: context.signal, purpose }),
  );
  const reveal = flag(options, "reveal");
  if (reveal) broker.audit.record("grant.reveal", grant.connector, { grant: grant.id });
  const { revealAll } = await import("@keywright/core");
  const credential = (reveal ? revealAll(grant.credential) : JSON.parse(JSON.stringify(grant.credential))) as Record<
    string,
    unknown
  >;
  if (context.json) return printJson(context, { ...grantDocument(grant), credential });
  grantFacts(context, grant);
  heading(context, reveal ? "Credential" : "Credential (masked; --reveal shows it)");
  facts(
    context,
    Object.entries(credential).map(
      ([name, value]) =>
        [
          name,
          typeof value === "string" ? value : value === undefined || value === null ? null : JSON.stringify(value),
        ] as const,
    ),
  );
  if (grant.expiresAt !== null)
    print(context, "\nIt is not renewed by itself; keywright run and credential-process are.");
};
