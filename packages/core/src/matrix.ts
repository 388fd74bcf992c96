/** The table method × resource × access, derived from declarations alone: what is possible, and what confines it. */
import { type Access, accessLevels, type Behaviour, type Confinement, type Lifetime } from "./contract.ts";
import { bracketedIn, namesIn, type Values } from "./template.ts";

/** The parts of a declaration, or of a manifest, that the table rests on. */
export type MethodShape = Behaviour & {
  readonly id: string;
  readonly variants?: readonly (Behaviour & {
    readonly id: string;
    readonly when: { readonly name: string; readonly is?: string };
  })[];
};
export type LevelShape = {
  readonly credential: { readonly id: string; readonly operation?: unknown };
  readonly permissions: readonly {
    readonly actions: readonly string[];
    readonly on: string;
    readonly where?: { readonly [name: string]: string };
  }[];
  readonly needs?: LevelShape["permissions"];
  readonly requires?: readonly string[];
  readonly confinement: (Confinement & { readonly through: "resource" | "method" }) | null;
  readonly derived?: true;
  readonly lifetime?: Lifetime;
  readonly note?: string;
};
export type OfferShape = {
  readonly type: { readonly id: string };
  readonly resourceId: {
    readonly spellings: readonly [string, ...string[]];
    readonly fields: Readonly<Record<string, unknown>>;
  } | null;
  readonly access: { readonly [A in Access]?: LevelShape | readonly LevelShape[] };
  readonly list: LevelShape["permissions"] | null;
  readonly revocable: boolean;
};
export type TypeShape = {
  readonly id: string;
  readonly facts: readonly string[];
  readonly authMethods: readonly MethodShape[];
  readonly resources: readonly OfferShape[];
};

export type Cell = {
  readonly access: Access;
  readonly kind: string;
  /** What confines a grant; `null`: as wide as the connector's identity, and the level is not enforced either. */
  readonly confinement: Confinement | null;
  readonly lifetime: Lifetime;
  readonly mainCredential: boolean;
  readonly revocable: boolean;
  /** The secret stays in the broker, which performs with it. */
  readonly served: boolean;
  readonly note?: string;
};

/** The behaviour that holds for a connector with these configuration values and facts. */
export const behaviourOf = (method: MethodShape, values: Values): Behaviour & { readonly variant: string | null } => {
  const variant = method.variants?.find(({ when }) =>
    when.is === undefined ? (values[when.name] ?? "") !== "" : values[when.name] === when.is,
  );
  return variant ? { ...variant, variant: variant.id } : { ...method, variant: null };
};

const asWays = (level: LevelShape | readonly LevelShape[] | undefined): readonly LevelShape[] =>
  level === undefined ? [] : "credential" in level ? [level] : level;
/** The ways to one level that this behaviour can go, best first. */
export const waysOf = (behaviour: Behaviour, offer: OfferShape, access: Access): readonly LevelShape[] =>
  asWays(offer.access[access]).filter((way) => (way.requires ?? []).every((need) => behaviour.provides.includes(need)));

export const cellOf = (behaviour: Behaviour, offer: OfferShape, access: Access, way: LevelShape): Cell => {
  const held =
    way.confinement !== null &&
    (way.confinement.through === "resource" || behaviour.provides.includes(way.confinement.by));
  return {
    access,
    kind: way.credential.id,
    confinement: held && way.confinement ? { to: way.confinement.to, by: way.confinement.by } : null,
    lifetime: way.lifetime ?? behaviour.lifetime,
    mainCredential: behaviour.handsOut === "main-credential" && way.derived !== true,
    revocable: offer.revocable,
    served: way.credential.operation !== undefined,
    ...(way.note !== undefined && { note: way.note }),
  };
};

/** The rows of a level and of those below it that lead to the same kind: "write includes read" holds by construction. */
export const rowsOf = (
  behaviour: Behaviour,
  offer: OfferShape,
  access: Access,
  kind: string,
): LevelShape["permissions"] =>
  accessLevels
    .slice(0, accessLevels.indexOf(access) + 1)
    .flatMap((level) =>
      waysOf(behaviour, offer, level)
        .filter((way) => way.credential.id === kind)
        .slice(0, 1),
    )
    .flatMap((way) => way.permissions);
/** What the main credential must hold for the level and those below it. */
export const needsOf = (behaviour: Behaviour, offer: OfferShape, access: Access): LevelShape["permissions"] =>
  accessLevels
    .slice(0, accessLevels.indexOf(access) + 1)
    .flatMap((level) => waysOf(behaviour, offer, level).slice(0, 1))
    .flatMap((way) => way.needs ?? way.permissions);

export type MatrixRow = {
  readonly method: string;
  readonly variant: string | null;
  readonly resource: string;
  readonly cells: readonly Cell[];
};
/** A row per method (and per case of it) and resource type. */
export const matrixOf = (type: TypeShape): readonly MatrixRow[] =>
  type.authMethods.flatMap((method) =>
    [{ ...method, variant: null }, ...(method.variants ?? []).map((one) => ({ ...one, variant: one.id }))].flatMap(
      (behaviour) =>
        type.resources.map((offer) => ({
          method: method.id,
          variant: behaviour.variant,
          resource: offer.type.id,
          cells: accessLevels.flatMap((access) =>
            waysOf(behaviour, offer, access).map((way) => cellOf(behaviour, offer, access, way)),
          ),
        })),
    ),
  );

/** What the types leave open: names that resolve, capabilities that somebody provides, ids that are unique. */
export const lintType = (
  type: TypeShape,
  configKeys: { readonly shared: readonly string[]; readonly ofMethod: (id: string) => readonly string[] },
): string[] => {
  const problems: string[] = [];
  const shared = new Set([...configKeys.shared, ...type.facts]);
  const behaviours = type.authMethods.flatMap((one) => [one, ...(one.variants ?? [])]);
  const provided = new Set(behaviours.flatMap((one) => one.provides));
  const check = (where: string, template: string, names: ReadonlySet<string>) => {
    for (const name of namesIn(template))
      if (!names.has(name))
        problems.push(`${where}: {${name}} in ${template} is no configuration field, fact or part of the id`);
  };
  const twice = (what: string, ids: readonly string[]) => {
    for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index)))
      problems.push(`${what} ${id} is declared twice`);
  };
  twice(
    "resource type",
    type.resources.map((one) => one.type.id),
  );
  twice(
    "auth method",
    type.authMethods.map((one) => one.id),
  );
  for (const method of type.authMethods) {
    const names = new Set([...shared, ...configKeys.ofMethod(method.id)]);
    for (const behaviour of [method, ...(method.variants ?? [])])
      for (const { on } of behaviour.needs ?? []) check(method.id, on, names);
    for (const { id, when } of method.variants ?? [])
      if (!names.has(when.name))
        problems.push(`${method.id}: case ${id} depends on ${when.name}, which is no configuration field or fact`);
  }
  for (const {
    type: { id },
    resourceId,
    access,
    list,
  } of type.resources) {
    const canonical = resourceId?.spellings[0] ?? "";
    const optional = new Set(bracketedIn(canonical));
    const names = new Set([...shared, ...namesIn(canonical)]);
    for (const spelling of resourceId?.spellings ?? [])
      check(id, spelling, new Set(Object.keys(resourceId?.fields ?? {})));
    for (const way of accessLevels.flatMap((level) => asWays(access[level]))) {
      const capabilities = [
        ...(way.requires ?? []),
        ...(way.confinement?.through === "method" ? [way.confinement.by] : []),
      ];
      for (const need of capabilities) if (!provided.has(need)) problems.push(`${id}: no method provides ${need}`);
      for (const { on, where } of [...way.permissions, ...(way.needs ?? [])]) {
        check(id, on, names);
        for (const one of Object.values(where ?? {})) check(id, one, names);
        for (const bare of namesIn(on.replaceAll(/\[[^\]]*\]/g, ""))) {
          if (optional.has(bare) && !on.includes(`{${bare}:-`))
            problems.push(`${id}: {${bare}} may be absent in ${on}; bracket it or give it a fallback`);
        }
      }
    }
    for (const { on } of list ?? []) check(id, on, shared);
  }
  return problems;
};
