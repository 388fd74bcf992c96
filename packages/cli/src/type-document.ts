/** All that is known of a connector type, as plain data: what describe-type prints, and its `--json`. */
import { accessLevels, type Lifetime } from "@keywright/core/contract";
import { type Cell, matrixOf, needsOf, waysOf } from "@keywright/core/matrix";
import { render } from "@keywright/core/template";
import type { ManifestAuthMethod, ManifestConnector, ManifestOffer } from "@keywright/manifest";
import { methodNamed, offerNamed, type Source } from "./catalog.ts";
import { span } from "./output.ts";
import { fieldsOf } from "./schema-fields.ts";

export const lifetimeText = (lifetime: Lifetime): string => {
  if (lifetime === "provider") return "set by the provider";
  if (lifetime === "unbounded") return "never ends by itself";
  const { min, default: usual, max } = lifetime;
  return min === max ? span(max) : `${span(min)} to ${span(max)}, else ${span(usual)}`;
};

const sample = (offer: ManifestOffer): Record<string, string> =>
  Object.fromEntries(
    Object.entries(offer.resourceId?.fields ?? {}).flatMap(([name, { example }]) =>
      example === undefined ? [] : [[name, example]],
    ),
  );
const rendered = (template: string, values: Record<string, string>): string | null => {
  try {
    return render(template, values);
  } catch {
    return null;
  }
};
/** Each spelling with an example, the canonical one first. */
export const spellingsOf = (offer: ManifestOffer) =>
  (offer.resourceId?.spellings ?? []).map((spelling, index) => ({
    spelling,
    canonical: index === 0,
    example: rendered(spelling, sample(offer)),
  }));

const secretOf = (source: Source, id: string | null) => {
  if (id === null) return null;
  const found = source.manifest.secretSchemas.find((one) => one.id === id);
  return { id, title: found?.title ?? id, fields: found ? fieldsOf(found.schema) : [] };
};
const rulesOf = ({ config }: ManifestAuthMethod): string[] =>
  Object.entries(config.dependencies ?? {}).map(([field, needs]) => `${field} needs ${needs.join(" and ")}`);

const methodDocument = (source: Source, method: ManifestAuthMethod) => ({
  id: method.id,
  title: method.title,
  description: method.description,
  lifetime: method.lifetime,
  handsOut: method.handsOut ?? null,
  config: fieldsOf(method.config),
  rules: rulesOf(method),
  secret: secretOf(source, method.secret),
  login: method.login ? { when: method.login.when ?? null } : null,
  needs: method.needs ?? [],
  variants: (method.variants ?? []).map(({ id, when, lifetime, needs }) => ({
    id,
    when,
    lifetime,
    needs: needs ?? [],
  })),
});
const resourceDocument = (offer: ManifestOffer, type: ManifestConnector) => ({
  id: offer.type.id,
  title: offer.type.title,
  description: offer.type.description,
  credentialKinds: offer.type.credentials,
  spellings: spellingsOf(offer),
  access: accessLevels.flatMap((access) => {
    const ways = offer.access[access] ?? [];
    const [way] = ways;
    if (!way) return [];
    // Whatever a method provides, the rows of a level are the same; the first that reaches it stands for all.
    const method = type.authMethods.find((one) => waysOf(one, offer, access).length > 0);
    return [
      {
        access,
        kinds: ways.map((one) => one.credential.id),
        permissions: method ? needsOf(method, offer, access) : way.permissions,
        confinement: way.confinement,
        note: way.note ?? null,
      },
    ];
  }),
  list: offer.list,
  revocable: offer.revocable,
});

export type TableRow = {
  readonly authMethod: string;
  readonly case: string | null;
  readonly resourceType: string;
} & Cell;

export const documentOf = (
  source: Source,
  filter: { readonly method?: string | undefined; readonly resource?: string | undefined },
) => {
  const { type } = source;
  const methods = filter.method === undefined ? type.authMethods : [methodNamed(type, filter.method)];
  const offers = filter.resource === undefined ? type.resources : [offerNamed(type, filter.resource)];
  const chosen = { ...type, authMethods: methods, resources: offers };
  const table: TableRow[] = matrixOf(chosen).flatMap(({ method, variant, resource, cells }) =>
    cells.map((cell) => ({ authMethod: method, case: variant, resourceType: resource, ...cell })),
  );
  return {
    type: type.id,
    title: type.title,
    description: type.description,
    plugin: source.package,
    version: source.version,
    hosts: type.hosts,
    facts: type.facts,
    authMethods: methods.map((method) => methodDocument(source, method)),
    resourceTypes: offers.map((offer) => resourceDocument(offer, type)),
    table,
  };
};
export type TypeDocument = ReturnType<typeof documentOf>;
