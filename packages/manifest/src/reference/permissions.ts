/** Permission rows: as a table, and as values to try them with. */
import { bracketedIn, type Behaviour, fill, type Permission, type Values } from "@keywright/core";
import { isSchema } from "../is-schema.ts";
import type { JsonSchema, ManifestAuthMethod, ManifestOffer } from "../manifest.ts";
import { type Block, code, type Line, literals, say, table } from "./document.ts";

export const permissionTable = (rows: readonly Permission[]): readonly Block[] => {
  const conditional = rows.some(({ where }) => where !== undefined);
  return table(
    ["Actions", "On", ...(conditional ? ["Where"] : [])],
    rows.map(({ actions, on, where }) => ({
      cells: [
        literals(actions),
        [{ code: on }],
        ...(conditional
          ? [
              Object.entries(where ?? {}).flatMap(([name, value], index): Line => [
                ...(index === 0 ? [] : [", "]),
                { code: name },
                " is ",
                { code: value },
              ]),
            ]
          : []),
      ],
    })),
  );
};

const sampleOf = (schema: unknown): string | undefined => {
  if (!isSchema(schema)) return undefined;
  const examples: readonly unknown[] = Array.isArray(schema["examples"]) ? schema["examples"] : [];
  return [schema["default"], ...examples].find((one) => typeof one === "string");
};
const configSamples = ({ properties }: JsonSchema): Values =>
  Object.fromEntries(Object.entries(properties ?? {}).map(([name, one]) => [name, sampleOf(one)]));
/** Examples for every name that a template of this offer may hold; what the id may leave out is left out. */
export const samplesFor = (method: ManifestAuthMethod, offer: ManifestOffer | null): Values => {
  const optional = new Set(offer?.resourceId ? bracketedIn(offer.resourceId.spellings[0]) : []);
  const fields = Object.entries(offer?.resourceId?.fields ?? {}).filter(([name]) => !optional.has(name));
  return {
    ...configSamples(method.config),
    ...Object.fromEntries(fields.map(([name, { example }]) => [name, example])),
  };
};

/** Renders rows as what the provider takes: a policy document ready to paste. */
export type RenderPermissions = (connectorType: string, rows: readonly Permission[]) => string | null;
/** The rows as a document, with examples in their places; nothing when a name has no example or the document says nothing. */
export const documentBlocks = (
  rows: readonly Permission[],
  values: Values,
  type: string,
  rendered: RenderPermissions | undefined,
): readonly Block[] => {
  if (rendered === undefined || rows.length === 0) return [];
  try {
    const text = rendered(type, fill(rows, values));
    return text === null || text === rendered(type, [])
      ? []
      : [say("Ready to paste, with the examples of this page in the places of names:"), code("json", text)];
  } catch {
    return [];
  }
};
export type Case = { readonly method: ManifestAuthMethod; readonly behaviour: Behaviour };
/** Every method, and every case of it. */
export const casesOf = (methods: readonly ManifestAuthMethod[]): readonly Case[] =>
  methods.flatMap((method) => [method, ...(method.variants ?? [])].map((behaviour) => ({ method, behaviour })));
