/** Secret schemas, credential kinds, secret stores and component flavors as sections. */
import type { Manifest, ManifestFlavor, ManifestKind, ManifestSecretSchema, ManifestStore } from "../manifest.ts";
import { type Block, heading, type Line, listOf, literals, say, type Section } from "./document.ts";
import { fieldBlocks } from "./fields.ts";

const schemaLine = (name: string): Block => say("JSON Schema: ", { to: `schema/${name}`, code: `${name}.json` }, ".");
const of = (
  what: string,
  id: string,
  one: { readonly id: string; readonly title: string; readonly description: string },
) => ({ id, level: 2, what, name: one.id, title: one.title, description: one.description }) as const;

const secretSection = (manifest: Manifest, one: ManifestSecretSchema): Section => {
  const asks = manifest.connectors.flatMap((type) =>
    type.authMethods.flatMap((method): Line[] => {
      const link = { to: `method/${type.id}/${method.id}`, code: `${type.id} ${method.id}` };
      if (method.secret === one.id) return [["Asked for by ", link, "."]];
      return method.login?.yields === one.id ? [["What the dialogue of ", link, " yields."]] : [];
    }),
  );
  return {
    ...of("Secret schema", `secret/${one.id}`, one),
    blocks: [schemaLine(`${one.id}.secret`), ...fieldBlocks(one.schema, "It has no fields."), ...listOf(asks)],
  };
};
const kindSection = (one: ManifestKind): Section => ({
  ...of("Credential kind", `kind/${one.id}`, one),
  blocks: [
    schemaLine(`${one.id}.credential`),
    ...fieldBlocks(one.schema, "It has no fields."),
    ...(one.operation
      ? [
          say("The secret stays in the broker, which performs with it."),
          heading("What the operation takes"),
          ...fieldBlocks(one.operation.input, "Nothing."),
          heading("What it answers"),
          ...fieldBlocks(one.operation.output, "Nothing."),
        ]
      : []),
  ],
});
const connectorLine = ({ connector }: ManifestStore | ManifestFlavor): Line => {
  if (connector === null) return ["It needs no connector."];
  const { type, access, connectorType, resourceId } = connector;
  return [
    "It needs a connector for ",
    { code: type },
    " at ",
    { code: access },
    ...(connectorType === undefined ? [] : [", of type ", { code: connectorType }]),
    ...(resourceId === null ? [", chosen when it is linked."] : [", with the id ", { code: resourceId }, "."]),
  ];
};
const storeSection = (one: ManifestStore): Section => ({
  ...of("Secret store", `store/${one.id}`, one),
  blocks: [
    schemaLine(`${one.id}.store`),
    ...listOf([
      one.readable === "readable"
        ? ["Values can be read back."]
        : ["Values cannot be read back: it serves deployments."],
      one.features.length > 0
        ? ["The backend itself has ", ...literals(one.features), "."]
        : ["The backend itself has no versions, compare-and-set or labels."],
      ["All values of one secret together: at most ", String(one.limits.valueBytes), " bytes."],
      ["A path matches ", { code: one.limits.path }, "."],
      connectorLine(one),
    ]),
    heading("Configuration"),
    ...fieldBlocks(one.config, "It has no configuration."),
  ],
});
const flavorSection = (one: ManifestFlavor): Section => ({
  ...of("Component flavor", `flavor/${one.component}/${one.id}`, one),
  blocks: [
    schemaLine(`${one.component}.${one.id}.flavor`),
    ...listOf([
      ["A component of kind ", { code: one.component }, "."],
      connectorLine(one),
      ...(one.idAttribute === undefined
        ? []
        : [["The resource id comes from ", { code: one.idAttribute }, "."] as const]),
    ]),
    heading("Configuration"),
    ...fieldBlocks(one.config, "It has no configuration."),
  ],
});

export const storedSections = (manifest: Manifest): readonly Section[] => [
  ...manifest.secretSchemas.map((one) => secretSection(manifest, one)),
  ...manifest.credentialKinds.map(kindSection),
  ...manifest.secretStores.map(storeSection),
  ...manifest.flavors.map(flavorSection),
];
