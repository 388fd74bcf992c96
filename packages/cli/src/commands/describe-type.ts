import type { Permission } from "@keywright/core/contract";
import { type Source, sourceOf } from "../catalog.ts";
import { argument, type Context, list, text } from "../context.ts";
import { columnsOf, facts, heading, paint, paragraph, print, printJson, table } from "../output.ts";
import { rememberedText } from "../deliver/plugin-index.ts";
import { kebab, type SchemaField } from "../schema-fields.ts";
import { documentOf, lifetimeText, type TypeDocument } from "../type-document.ts";

const permissionLines = (rows: readonly Permission[]): string[] =>
  rows.map(({ actions, on, where }) => {
    const when = Object.entries(where ?? {}).map(([key, value]) => `${key} ${value}`);
    return `${actions.join(", ")} on ${on}${when.length > 0 ? ` (where ${when.join(", ")})` : ""}`;
  });
const shownValue = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

const fieldTable = (context: Context, fields: readonly SchemaField[]) => {
  table(
    context,
    ["  OPTION", "TYPE", "NEEDED", "ABOUT"],
    fields.map((field) => {
      const [example] = field.examples;
      const about = [
        field.description,
        ...(field.choices.length > 0 ? [`One of ${field.choices.map(shownValue).join(", ")}.`] : []),
        ...(field.default === undefined ? [] : [`Default ${shownValue(field.default)}.`]),
        ...(example === undefined ? [] : [`For example ${shownValue(example)}`]),
      ];
      return [
        `  --${kebab(field.name)}`,
        field.secret ? "secret" : field.type,
        field.required ? "yes" : "no",
        about.join(" "),
      ];
    }),
  );
};

/** Needed ones first, with a star. */
const fieldNames = ({ config, secret }: TypeDocument["authMethods"][number]): string => {
  const all = [...config, ...(secret?.fields ?? [])];
  return [
    ...all.filter((one) => one.required).map((one) => `${one.name}*`),
    ...all.filter((one) => !one.required).map((one) => one.name),
  ].join(", ");
};

const methodSection = (context: Context, method: TypeDocument["authMethods"][number], whole: boolean) => {
  heading(context, `${method.id} — ${method.title}`);
  paragraph(context, method.description, "  ");
  const login = method.login
    ? `asked for at registration${method.login.when ? `, when ${method.login.when.name} is set` : ""}`
    : null;
  facts(
    context,
    [
      ["Lifetime of grants", lifetimeText(method.lifetime)],
      ["Stored credential", method.secret ? method.secret.title : "none"],
      ["Dialogue", login],
      ["Its identity needs", permissionLines(method.needs)],
      [
        "Hands out",
        method.handsOut === null ? null : "the stored credential itself, only with --allow-main-credential",
      ],
      [
        "In other cases",
        method.variants.map(
          (one) =>
            `${one.id} (${one.when.name}${one.when.is === undefined ? " is set" : ` is ${one.when.is}`}): ${lifetimeText(one.lifetime)}`,
        ),
      ],
      ["Fields", whole ? null : fieldNames(method)],
      ["Rules", whole ? method.rules : null],
    ],
    "  ",
  );
  if (!whole) return;
  const groups = Map.groupBy(method.config, ({ group }) => group);
  for (const [group, fields] of groups) {
    print(context, `\n  ${paint(context, "bold", group ?? "Configuration")}`);
    fieldTable(context, fields);
  }
  if (method.secret) {
    print(
      context,
      `\n  ${paint(context, "bold", `Credential (${method.secret.title})`)}: from @FILE, env:NAME, - or asked for`,
    );
    fieldTable(context, method.secret.fields);
  }
};

const resourceSection = (context: Context, resource: TypeDocument["resourceTypes"][number], whole: boolean) => {
  heading(context, `${resource.id} — ${resource.title}`);
  paragraph(context, resource.description, "  ");
  facts(
    context,
    [
      ["Access", resource.access.map((one) => one.access).join(", ")],
      ["Credential", resource.credentialKinds.join(", ")],
      [
        "Resource ids",
        resource.spellings.length === 0
          ? "none: it is reached as a whole"
          : resource.spellings.map(
              ({ spelling, example, canonical }) =>
                `${spelling}${example === null ? "" : `  e.g. ${example}`}${canonical ? "  (canonical)" : ""}`,
            ),
      ],
      [
        "Revocable",
        resource.revocable
          ? "at the provider, at once"
          : "here at once; the provider honours what was issued until it ends",
      ],
    ],
    "  ",
  );
  if (!whole) return;
  print(context, `\n  ${paint(context, "bold", "Permissions to give")}`);
  facts(
    context,
    [
      ...resource.access.map(
        ({ access, permissions, note }) =>
          [access, [...permissionLines(permissions), ...(note === null ? [] : [`note: ${note}`])]] as const,
      ),
      ["to list", resource.list === null ? "cannot be listed" : permissionLines(resource.list)],
    ],
    "  ",
  );
};

/** Levels that differ in nothing but their name share a row. */
const confinementRows = ({ table: cells }: TypeDocument): string[][] => {
  const rows = new Map<string, string[]>();
  for (const cell of cells) {
    const method = cell.case === null ? cell.authMethod : `${cell.authMethod} ${cell.case}`;
    const rest = [
      cell.mainCredential ? `${cell.kind} (the stored one*)` : cell.kind,
      cell.confinement === null ? "nothing*" : `${cell.confinement.to} by ${cell.confinement.by}`,
      lifetimeText(cell.lifetime),
    ];
    const key = [method, cell.resourceType, ...rest].join("|");
    const known = rows.get(key);
    if (known) known[2] = `${known[2] ?? ""}, ${cell.access}`;
    else rows.set(key, [method, cell.resourceType, cell.access, ...rest]);
  }
  return [...rows.values()];
};

/** The answer follows from the manifest and the question, so it is worked out once. */
export const run = async (context: Context): Promise<void> => {
  const { options, json, colour, stdout } = context;
  const source = sourceOf(context, argument(context, 0));
  const question = JSON.stringify([
    source.listed.id,
    options["authMethod"],
    options["resourceType"],
    json,
    colour,
    columnsOf(context),
  ]);
  const answer = () => {
    let words = "";
    const write = (more: string) => {
      words += more;
      return true;
    };
    describeType(
      Object.assign(Object.create(context) as Context, {
        stdout: { write, isTTY: stdout.isTTY, columns: stdout.columns },
      }),
      source,
    );
    return words;
  };
  stdout.write(rememberedText(source.files, question, answer));
};
const describeType = (context: Context, source: Source): void => {
  const method = text(context.options, "authMethod");
  const resource = list(context.options, "resourceType")[0];
  const document = documentOf(source, { method, resource });
  if (context.json) {
    printJson(context, document);
    return;
  }
  print(
    context,
    `${paint(context, "bold", `${document.type} — ${document.title}`)}  ${paint(context, "dim", `${document.plugin}@${document.version}`)}`,
  );
  paragraph(context, document.description);
  const focused = method !== undefined || resource !== undefined;
  if (!focused || method !== undefined) {
    print(context, `\n${paint(context, "bold", "AUTH METHODS")}`);
    for (const one of document.authMethods) methodSection(context, one, method !== undefined);
  }
  if (!focused || resource !== undefined) {
    print(context, `\n${paint(context, "bold", "RESOURCE TYPES")}`);
    for (const one of document.resourceTypes) resourceSection(context, one, resource !== undefined);
  }
  print(context, `\n${paint(context, "bold", "WHAT A GRANT IS CONFINED TO")}`);
  table(
    context,
    ["METHOD", "RESOURCE TYPE", "ACCESS", "CREDENTIAL", "CONFINED TO", "LIFETIME"],
    confinementRows(document),
  );
  if (document.table.some((cell) => cell.confinement === null || cell.mainCredential)) {
    print(
      context,
      "* refused unless the connector says --allow-unconfined; for the stored credential --allow-main-credential as well.",
    );
  }
  if (!focused)
    print(
      context,
      `\n-a METHOD shows a method's fields, -r RESOURCE_TYPE its permissions. Register one: keywright connector register -i`,
    );
};
