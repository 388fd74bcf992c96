import type { Preview } from "@keywright/broker";
import type { Access, Permission } from "@keywright/core";
import { argument, type Context, flag, text } from "../context.ts";
import { seconds } from "../durations.ts";
import { facts, heading, paint, print, printJson, span, yes } from "../output.ts";
import { connectorFacts } from "../registering.ts";

const previewOf = (context: Context, preview: Preview) => {
  const { lifetime, confinement } = preview;
  heading(context, "The grant that would come");
  facts(context, [
    ["Resource", preview.resourceId === null ? preview.resourceType : `${preview.resourceType} ${preview.resourceId}`],
    ["Access", preview.access],
    ["Credential", preview.kind],
    [
      "Lifetime",
      lifetime.seconds === null
        ? `set by the ${lifetime.decidedBy}`
        : `${span(lifetime.seconds)}, decided by the ${lifetime.decidedBy}`,
    ],
    [
      "Confined to",
      confinement === null ? "nothing: as wide as the connector's identity" : `${confinement.to}, by ${confinement.by}`,
    ],
    ["Stored credential", preview.mainCredential ? "yes: it is the stored credential itself" : "never leaves"],
    ["Revocable", yes(preview.revocable)],
    [
      "Permissions",
      (preview.permissions as readonly Permission[]).map(({ actions, on }) => `${actions.join(", ")} on ${on}`),
    ],
    ["Note", preview.note],
  ]);
  if (preview.refused === null) return;
  print(
    context,
    `\n${paint(context, "red", "Would be refused")} (${preview.refused.code}): ${preview.refused.message}`,
  );
  if (preview.refused.hint !== null) print(context, `  ${preview.refused.hint}`);
};

export const run = async (context: Context): Promise<void> => {
  const { options } = context;
  const broker = await context.openBroker();
  const connector = broker.connectors.get(argument(context, 0));
  const [resourceType, resourceId, access] = [
    text(options, "resourceType"),
    text(options, "resourceId"),
    text(options, "access"),
  ];
  const wanted = [resourceType, resourceId, access].some((one) => one !== undefined);
  const ttlSeconds = seconds(text(options, "ttl"), "--ttl");
  const preview = wanted
    ? broker.grants.preview({ connector: connector.name, resourceType, resourceId, access, ttlSeconds })
    : null;
  const permissions = flag(options, "permissions")
    ? await broker.connectors.permissions(connector.name, access as Access | undefined)
    : null;
  if (context.json)
    return printJson(context, { connector, ...(preview && { grant: preview }), ...(permissions && { permissions }) });
  connectorFacts(context, connector);
  if (preview) previewOf(context, preview);
  if (!permissions) return;
  heading(context, "What its identity must be allowed");
  // Unwrapped, so that it can be pasted.
  print(context, permissions.document ?? JSON.stringify(permissions.rows, null, 2));
};
