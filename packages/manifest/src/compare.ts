/** What changed between two manifests of a plugin, and how large a release that makes: for whoever wrote against the first. */
import type { JsonSchema, Manifest, ManifestConnector, ManifestLevel, ManifestOffer } from "./manifest.ts";

export type Size = "patch" | "minor" | "major";
export type ContractChange = {
  /** `aws iam-role config roleArn` */
  readonly where: string;
  readonly what: string;
  readonly size: Size;
};
export const sizes: readonly Size[] = ["patch", "minor", "major"];
export const largestOf = (changes: readonly ContractChange[]): Size | null =>
  changes.reduce<Size | null>(
    (largest, { size }) => (largest === null || sizes.indexOf(size) > sizes.indexOf(largest) ? size : largest),
    null,
  );

type Json = Readonly<Record<string, unknown>>;
const change = (where: string, what: string, size: Size): ContractChange => ({ where, what, size });
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const shown = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));

/** By id: what is gone breaks, what is new adds, what stayed is compared in depth. */
const byId = <T>(
  where: string,
  what: string,
  before: readonly T[],
  after: readonly T[],
  idOf: (one: T) => string,
  compare: (where: string, before: T, after: T) => readonly ContractChange[],
): ContractChange[] => {
  const at = (id: string) => (where === "" ? id : `${where} ${id}`);
  return [
    ...before.flatMap((one) => {
      const id = idOf(one);
      const now = after.find((other) => idOf(other) === id);
      return now === undefined ? [change(at(id), `the ${what} was removed`, "major")] : compare(at(id), one, now);
    }),
    ...after
      .filter((one) => !before.some((other) => idOf(other) === idOf(one)))
      .map((one) => change(at(idOf(one)), `the ${what} is new`, "minor")),
  ];
};
/** Members of a list without order: losing one breaks, unless it is the gain that does. */
const members = (
  where: string,
  what: string,
  before: readonly unknown[],
  after: readonly unknown[],
  gain: Size = "minor",
  loss: Size = "major",
) => [
  ...before
    .filter((one) => !after.some((other) => same(one, other)))
    .map((one) => change(where, `${what} ${shown(one)} was removed`, loss)),
  ...after
    .filter((one) => !before.some((other) => same(one, other)))
    .map((one) => change(where, `${what} ${shown(one)} is new`, gain)),
];
const differs = (where: string, what: string, before: unknown, after: unknown, size: Size) =>
  same(before, after) ? [] : [change(where, `${what} changed from ${shown(before)} to ${shown(after)}`, size)];
const words = (where: string, before: Json, after: Json) =>
  ["title", "description", "note"].flatMap((word) =>
    same(before[word], after[word]) ? [] : [change(where, `its ${word} changed`, "patch")],
  );

/** Raising one narrows what is accepted, lowering widens; the other way round for `most`. */
const least = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
const most = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];
const bounds = (where: string, before: JsonSchema, after: JsonSchema): ContractChange[] =>
  [...least, ...most].flatMap((word) => {
    const [was, is] = [before[word], after[word]] as (number | undefined)[];
    if (was === is) return [];
    const narrower = is !== undefined && (was === undefined || (least.includes(word) ? is > was : is < was));
    return [change(where, `${word} changed from ${shown(was)} to ${shown(is)}`, narrower ? "major" : "minor")];
  });
const valuesOf = (schema: JsonSchema): readonly unknown[] | null =>
  Array.isArray(schema["enum"]) ? (schema["enum"] as unknown[]) : "const" in schema ? [schema["const"]] : null;

/** `given`: what somebody writes, where narrowing breaks; otherwise what somebody reads, where widening does. */
const property = (where: string, before: JsonSchema, after: JsonSchema, given: boolean): ContractChange[] => {
  const [was, is] = [valuesOf(before), valuesOf(after)];
  const values =
    was && is
      ? members(where, "the value", was, is, given ? "minor" : "major", given ? "major" : "minor")
      : was || is
        ? [
            change(
              where,
              is ? "only some values are taken now" : "any value is taken now",
              (is !== null) === given ? "major" : "minor",
            ),
          ]
        : [];
  return [
    ...differs(where, "the type", before.type, after.type, "major"),
    ...values,
    ...differs(where, "the default", before["default"], after["default"], "major"),
    ...differs(where, "being secret", before["writeOnly"] === true, after["writeOnly"] === true, "major"),
    ...differs(
      where,
      "the pattern",
      before["pattern"],
      after["pattern"],
      after["pattern"] === undefined ? "minor" : "major",
    ),
    ...differs(
      where,
      "the format",
      before["format"],
      after["format"],
      after["format"] === undefined ? "minor" : "major",
    ),
    ...bounds(where, before, after),
    ...object(where, before, after, given),
    ...(isSchema(before["items"]) && isSchema(after["items"])
      ? property(`${where}[]`, before["items"], after["items"], given)
      : []),
    ...differs(
      where,
      "the alternatives",
      before["anyOf"] ?? before["oneOf"],
      after["anyOf"] ?? after["oneOf"],
      "major",
    ),
    ...words(where, before, after),
    ...differs(where, "its examples", before["examples"], after["examples"], "patch"),
  ];
};
const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (where: string, before: JsonSchema, after: JsonSchema, given: boolean): ContractChange[] => {
  const [was, is] = [before.properties ?? {}, after.properties ?? {}];
  const needed = (schema: JsonSchema, name: string) => schema.required?.includes(name) ?? false;
  return [
    ...Object.keys(was).flatMap((name) => {
      const at = `${where} ${name}`;
      const [old, now] = [was[name], is[name]];
      if (!old || !now) return [change(at, "the field was removed", "major")];
      const [before_, after_] = [needed(before, name), needed(after, name)];
      const asked =
        before_ === after_
          ? []
          : [
              change(
                at,
                after_ ? "the field is required now" : "the field is optional now",
                after_ === given ? "major" : "minor",
              ),
            ];
      return [...asked, ...property(at, old, now, given)];
    }),
    ...Object.keys(is)
      .filter((name) => !(name in was))
      .map((name) => {
        const breaks = given && needed(after, name) && is[name]?.["default"] === undefined;
        return change(
          `${where} ${name}`,
          breaks ? "a field that is required is new" : "the field is new",
          breaks ? "major" : "minor",
        );
      }),
    ...["dependencies", "not", "allOf"].flatMap((word) =>
      differs(where, "a rule across fields", before[word], after[word], "major"),
    ),
  ];
};

type Behaving = ManifestConnector["authMethods"][number];
const lifetime = (where: string, before: unknown, after: unknown): ContractChange[] => {
  if (same(before, after)) return [];
  if (!isSchema(before) || !isSchema(after)) return differs(where, "the lifetime", before, after, "major");
  const [was, is] = [
    before as unknown as { min: number; max: number },
    after as unknown as { min: number; max: number },
  ];
  return [
    ...differs(where, "the usual lifetime", before["default"], after["default"], "major"),
    ...(was.min === is.min
      ? []
      : [
          change(
            where,
            `the shortest lifetime changed from ${was.min} to ${is.min}`,
            is.min > was.min ? "major" : "minor",
          ),
        ]),
    ...(was.max === is.max
      ? []
      : [
          change(
            where,
            `the longest lifetime changed from ${was.max} to ${is.max}`,
            is.max < was.max ? "major" : "minor",
          ),
        ]),
    ...differs(where, "what may lower the lifetime", before["minFrom"], after["minFrom"], "major"),
  ];
};
const behaviour = (
  where: string,
  before: Omit<Behaving, "config" | "secret">,
  after: Omit<Behaving, "config" | "secret">,
): ContractChange[] => [
  ...lifetime(where, before.lifetime, after.lifetime),
  ...members(where, "the capability", before.provides, after.provides),
  // Whoever wrote a role's policy has to add to it.
  ...members(where, "the permission", before.needs ?? [], after.needs ?? [], "major", "patch"),
  ...differs(where, "what it hands out", before.handsOut, after.handsOut, "major"),
];
const method = (where: string, before: Behaving, after: Behaving): ContractChange[] => [
  ...object(`${where} config`, before.config, after.config, true),
  ...differs(where, "the secret", before.secret, after.secret, "major"),
  ...differs(where, "the dialogue", before.login, after.login, "major"),
  ...behaviour(where, before, after),
  ...byId(
    where,
    "case",
    before.variants ?? [],
    after.variants ?? [],
    ({ id }) => id,
    (at, was, is) => [
      ...differs(at, "its condition", was.when, is.when, "major"),
      ...behaviour(at, was as unknown as Behaving, is as unknown as Behaving),
    ],
  ),
  ...words(where, before, after),
];

const way = (where: string, before: ManifestLevel, after: ManifestLevel): ContractChange[] => [
  ...differs(where, "the confinement", before.confinement, after.confinement, "major"),
  ...members(where, "the permission", before.permissions, after.permissions, "major", "major"),
  ...members(where, "what the identity needs:", before.needs ?? [], after.needs ?? [], "major", "patch"),
  ...differs(where, "what it asks of a method", before.requires, after.requires, "major"),
  ...differs(where, "being made from the session", before.derived, after.derived, "major"),
  ...lifetime(where, before.lifetime, after.lifetime),
  ...words(where, before, after),
];
const offer = (where: string, before: ManifestOffer, after: ManifestOffer): ContractChange[] => {
  const levels = (one: ManifestOffer) =>
    Object.entries(one.access).flatMap(([level, ways]) => (ways ?? []).map((each) => ({ level, way: each })));
  const [was, is] = [before.resourceId, after.resourceId];
  return [
    ...differs(where, "the canonical id", was?.spellings[0], is?.spellings[0], "major"),
    ...members(where, "the spelling", was?.spellings ?? [], is?.spellings ?? []),
    ...differs(where, "the rewriting of ids", was?.rewrites, is?.rewrites, "minor"),
    ...byId(
      where,
      "id field",
      Object.entries(was?.fields ?? {}),
      Object.entries(is?.fields ?? {}),
      ([name]) => name,
      (at, [, old], [, now]) =>
        differs(at, "the pattern", [old.pattern, old.ignoreCase], [now.pattern, now.ignoreCase], "major"),
    ),
    ...byId(
      where,
      "way",
      levels(before),
      levels(after),
      ({ level, way: each }) => `${level} (${each.credential.id})`,
      (at, old, now) => way(at, old.way, now.way),
    ),
    ...((before.list === null) === (after.list === null)
      ? members(where, "the permission for listing", before.list ?? [], after.list ?? [], "major", "patch")
      : [
          change(
            where,
            after.list === null ? "it can no longer be listed" : "it can be listed",
            after.list === null ? "major" : "minor",
          ),
        ]),
    ...differs(where, "being revocable", before.revocable, after.revocable, after.revocable ? "minor" : "major"),
    ...words(where, before.type, after.type),
  ];
};
const connector = (where: string, before: ManifestConnector, after: ManifestConnector): ContractChange[] => [
  ...byId(where, "auth method", before.authMethods, after.authMethods, ({ id }) => id, method),
  ...byId(where, "resource type", before.resources, after.resources, ({ type }) => type.id, offer),
  ...members(where, "the host", before.hosts, after.hosts),
  ...members(where, "the fact", before.facts, after.facts),
  ...words(where, before, after),
];

export const contractChanges = (before: Manifest, after: Manifest): readonly ContractChange[] => {
  const id = (one: { readonly id: string }) => one.id;
  return [
    ...byId("", "connector type", before.connectors, after.connectors, id, connector),
    ...byId("secret", "secret schema", before.secretSchemas, after.secretSchemas, id, (at, was, is) => [
      ...object(at, was.schema, is.schema, true),
      ...words(at, was, is),
    ]),
    ...byId("credential", "credential kind", before.credentialKinds, after.credentialKinds, id, (at, was, is) => [
      ...object(at, was.schema, is.schema, false),
      ...differs(at, "its operation", was.operation, is.operation, "major"),
      ...words(at, was, is),
    ]),
    ...byId("store", "secret store", before.secretStores, after.secretStores, id, (at, was, is) => [
      ...object(`${at} config`, was.config, is.config, true),
      ...differs(at, "the connector that it asks for", was.connector, is.connector, "major"),
      ...members(at, "the feature", was.features, is.features),
      ...differs(at, "the pattern of paths", was.limits.path, is.limits.path, "major"),
      ...differs(
        at,
        "the largest value",
        was.limits.valueBytes,
        is.limits.valueBytes,
        is.limits.valueBytes < was.limits.valueBytes ? "major" : "minor",
      ),
      ...differs(at, "being readable", was.readable, is.readable, "major"),
      ...words(at, was, is),
    ]),
    ...byId(
      "flavor",
      "flavor",
      before.flavors,
      after.flavors,
      (one) => `${one.component}/${one.id}`,
      (at, was, is) => [
        ...object(`${at} config`, was.config, is.config, true),
        ...differs(at, "the connector that it asks for", was.connector, is.connector, "major"),
        ...differs(at, "the attribute of its id", was.idAttribute, is.idAttribute, "major"),
        ...words(at, was, is),
      ],
    ),
  ];
};
