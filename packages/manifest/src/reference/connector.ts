/** A connector type, its auth methods and its resource types as sections. */
import { accessLevels, type Condition, needsOf, render, waysOf } from "@keywright/core";
import type { Manifest, ManifestAuthMethod, ManifestConnector, ManifestOffer } from "../manifest.ts";
import { type Block, heading, type Line, listOf, literals, say, type Section, table } from "./document.ts";
import { fieldBlocks } from "./fields.ts";
import { lifetimeText } from "./lifetime.ts";
import { matrixBlocks } from "./matrix.ts";
import { casesOf, documentBlocks, permissionTable, type RenderPermissions, samplesFor } from "./permissions.ts";

const conditionOf = ({ name, is }: Condition): Line =>
  is === undefined ? [{ code: name }, " is set"] : [{ code: name }, " is ", { code: is }];

const typeSection = (type: ManifestConnector): Section => ({
  id: `type/${type.id}`,
  level: 2,
  what: "Connector type",
  name: type.id,
  title: type.title,
  description: type.description,
  blocks: [
    heading("Auth methods"),
    ...table(
      ["Method", "Title", "What it does"],
      type.authMethods.map(({ id, title, description }) => ({
        cells: [[{ to: `method/${type.id}/${id}`, code: id }], [title], [description]],
      })),
    ),
    heading("Resource types"),
    ...table(
      ["Resource type", "Title", "Access", "What it is"],
      type.resources.map(({ type: { id, title, description }, access }) => ({
        cells: [
          [{ to: `resource/${type.id}/${id}`, code: id }],
          [title],
          literals(accessLevels.filter((level) => access[level] !== undefined)),
          [description],
        ],
      })),
    ),
    heading("What a grant is confined to"),
    ...matrixBlocks(type),
    heading("Hosts it dials"),
    say("Any other address must be allowed for the connector with ", { code: "--allow-endpoint" }, "."),
    ...listOf(type.hosts.map((host) => [{ code: host }])),
    ...(type.facts.length > 0
      ? [heading("Facts"), say("What an open session tells, and templates may name: ", ...literals(type.facts), ".")]
      : []),
  ],
});

const methodSection = (
  manifest: Manifest,
  type: ManifestConnector,
  method: ManifestAuthMethod,
  rendered: RenderPermissions | undefined,
): Section => {
  const secret = manifest.secretSchemas.find(({ id }) => id === method.secret);
  const variants = method.variants ?? [];
  const needs = casesOf([method]).filter(({ behaviour }) => (behaviour.needs ?? []).length > 0);
  const facts: readonly Line[] = [
    ["Lifetime of grants: ", lifetimeText(method.lifetime), "."],
    method.provides.length > 0
      ? ["What narrows its sessions: ", ...literals(method.provides), "."]
      : ["Nothing narrows its sessions."],
    ...(method.handsOut === undefined
      ? []
      : [["It hands out the stored credential itself, only with ", { code: "--allow-main-credential" }, "."] as const]),
    ...(method.login
      ? [
          [
            "A person takes part in a dialogue at registration, and again with ",
            { code: "keywright connector authenticate" },
            ...(method.login.when ? [", when ", ...conditionOf(method.login.when)] : []),
            ". It yields ",
            { to: `secret/${method.login.yields}`, code: method.login.yields },
            ".",
          ] satisfies Line,
        ]
      : []),
  ];
  return {
    id: `method/${type.id}/${method.id}`,
    level: 3,
    what: "Auth method",
    name: method.id,
    title: method.title,
    description: method.description,
    blocks: [
      ...listOf(facts),
      heading("Configuration"),
      say(
        "JSON Schema: ",
        { to: `schema/${type.id}.${method.id}.config`, code: `${type.id}.${method.id}.config.json` },
        ".",
      ),
      ...fieldBlocks(method.config, "It has no configuration."),
      heading("Stored credential"),
      ...(secret
        ? [say("Secret schema ", { to: `secret/${secret.id}`, code: secret.id }, ": ", secret.description)]
        : [say("None is stored.")]),
      ...(secret ? fieldBlocks(secret.schema, "It has no fields.") : []),
      ...(variants.length > 0
        ? [
            heading("Cases of its own"),
            say("The first that holds replaces the method's own behaviour."),
            ...table(
              ["Case", "When", "Lifetime", "What narrows its sessions"],
              variants.map((one) => ({
                cells: [
                  [one.id],
                  conditionOf(one.when),
                  [lifetimeText(one.lifetime)],
                  one.provides.length > 0 ? literals(one.provides) : ["nothing"],
                ],
              })),
            ),
          ]
        : []),
      ...(needs.length > 0 ? [heading("What its identity needs")] : []),
      ...needs.flatMap(({ behaviour }) => [
        ...(variants.length > 0
          ? [heading("id" in behaviour && behaviour.id !== method.id ? String(behaviour.id) : "In general", 2)]
          : []),
        ...permissionTable(behaviour.needs ?? []),
        ...documentBlocks(behaviour.needs ?? [], samplesFor(method, null), type.id, rendered),
      ]),
      heading("What a grant is confined to"),
      ...matrixBlocks(type, { method: method.id }),
    ],
  };
};

const exampleOf = (template: string, offer: ManifestOffer): Line => {
  const samples = Object.entries(offer.resourceId?.fields ?? {}).map(([name, { example }]) => [name, example] as const);
  try {
    return [{ code: render(template, Object.fromEntries(samples)) }];
  } catch {
    return [];
  }
};
const idBlocks = (offer: ManifestOffer): readonly Block[] => {
  const { resourceId } = offer;
  if (resourceId === null) return [say("It has no id: a connector reaches exactly one.")];
  return [
    say("Each spelling means the same resource and comes out as the first one. Parts in brackets may be left out."),
    ...table(
      ["Spelling", "For example"],
      resourceId.spellings.map((one) => ({ cells: [[{ code: one }], exampleOf(one, offer)] })),
    ),
    ...table(
      ["Part", "Pattern", "For example"],
      Object.entries(resourceId.fields).map(([name, { pattern, example, ignoreCase }]) => ({
        anchor: `part-${name}`,
        cells: [
          [{ code: name }],
          [{ code: pattern }, ...(ignoreCase ? [", in either case"] : [])],
          example === undefined ? [] : [{ code: example }],
        ],
      })),
    ),
    ...((resourceId.rewrites ?? []).length > 0
      ? [
          say("Before that, until none matches:"),
          ...listOf((resourceId.rewrites ?? []).map(([from, to]) => [{ code: from }, " becomes ", { code: to }])),
        ]
      : []),
  ];
};

const permissionBlocks = (
  type: ManifestConnector,
  offer: ManifestOffer,
  rendered: RenderPermissions | undefined,
): readonly Block[] =>
  accessLevels.flatMap((access) =>
    (offer.access[access] ?? []).flatMap((way, index, ways) => {
      const reached = casesOf(type.authMethods).find(
        ({ behaviour }) => JSON.stringify(waysOf(behaviour, offer, access)[0]) === JSON.stringify(way),
      );
      const rows = reached ? needsOf(reached.behaviour, offer, access) : (way.needs ?? way.permissions);
      const samples = reached ? samplesFor(reached.method, offer) : {};
      return [
        heading(ways.length > 1 ? `${access}, way ${index + 1}: ${way.credential.id}` : access, 2),
        ...(way.requires ? [say("The method must provide ", ...literals(way.requires), ".")] : []),
        ...permissionTable(rows),
        ...documentBlocks(rows, samples, type.id, rendered),
      ];
    }),
  );
const listBlocks = (type: ManifestConnector, offer: ManifestOffer, rendered: RenderPermissions | undefined) => {
  if (offer.list === null) return [say("It cannot be listed.")];
  const [method] = type.authMethods;
  return [
    ...permissionTable(offer.list),
    ...(method ? documentBlocks(offer.list, samplesFor(method, offer), type.id, rendered) : []),
  ];
};

const resourceSection = (
  type: ManifestConnector,
  offer: ManifestOffer,
  rendered: RenderPermissions | undefined,
): Section => ({
  id: `resource/${type.id}/${offer.type.id}`,
  level: 3,
  what: "Resource type",
  name: offer.type.id,
  title: offer.type.title,
  description: offer.type.description,
  blocks: [
    ...listOf([
      ["Access: ", ...literals(accessLevels.filter((level) => offer.access[level] !== undefined)), "."],
      [
        "Credential: ",
        ...offer.type.credentials.flatMap((id, index): Line => [
          ...(index === 0 ? [] : [", "]),
          { to: `kind/${id}`, code: id },
        ]),
        ".",
      ],
      [
        offer.revocable
          ? "Revoking ends a grant at the provider."
          : "Revoking ends a grant here at once; the provider honours what was handed out until it expires.",
      ],
    ]),
    heading("Resource ids"),
    ...idBlocks(offer),
    heading("Permissions to give"),
    say("What the connector's identity must be allowed. A level includes those before it."),
    ...permissionBlocks(type, offer, rendered),
    heading("To list", 2),
    ...listBlocks(type, offer, rendered),
    heading("What a grant is confined to"),
    ...matrixBlocks(type, { resource: offer.type.id }),
  ],
});

export const connectorSections = (
  manifest: Manifest,
  type: ManifestConnector,
  rendered: RenderPermissions | undefined,
): readonly Section[] => [
  typeSection(type),
  ...type.authMethods.map((method) => methodSection(manifest, type, method, rendered)),
  ...type.resources.map((offer) => resourceSection(type, offer, rendered)),
];
