/** A plugin's declarations → its manifest, and the JSON Schemas that others read beside it. Runs when a plugin is generated. */
import {
  type Access,
  accessLevels,
  type AuthMethod,
  type Behaviour,
  type ComponentFlavor,
  type Condition,
  type ConnectorType,
  contractVersion,
  type CredentialKind,
  type Described,
  KeywrightError,
  type Level,
  lintType,
  namesIn,
  type Offer,
  type Plugin,
  type Requirement,
  type SecretSchema,
  type SecretStoreType,
} from "@keywright/core";
import { isId } from "./ids.ts";
import { mergeObjects, toJsonSchema, withRules } from "./json-schema.ts";
import type {
  JsonSchema,
  Manifest,
  ManifestAuthMethod,
  ManifestConnector,
  ManifestFlavor,
  ManifestKind,
  ManifestLevel,
  ManifestOffer,
  ManifestSecretSchema,
  ManifestStore,
} from "./manifest.ts";
import { manifestSchema } from "./manifest-schema.ts";
import { manifestVersion } from "./manifest-version.ts";
import { check, compile, misfits } from "./validate.ts";

const comment = "Written by `npm run generate`; do not edit.";

const described = ({ id, title, description }: Described): Described => ({ id, title, description });
const behaviour = ({ lifetime, provides, needs, handsOut }: Behaviour): Behaviour => ({
  lifetime,
  provides,
  ...(needs && { needs }),
  ...(handsOut && { handsOut }),
});
const fieldsOf = (schema: JsonSchema): readonly string[] => Object.keys(schema.properties ?? {});

const condition = ({ name, is }: Condition): Condition => ({ name, ...(is !== undefined && { is }) });

const methodOf = (type: ConnectorType, shared: JsonSchema, method: AuthMethod): ManifestAuthMethod => {
  const where = `${type.id} ${method.id} config`;
  const own = toJsonSchema(method.config, where);
  const merged = mergeObjects(shared, own, [`connector type ${type.id}`, `auth method ${method.id}`]);
  return {
    ...described(method),
    ...behaviour(method),
    // Rules of a method may speak of the connector type's fields.
    config: withRules(merged, method.rules ?? [], where),
    secret: method.secret?.id ?? null,
    ...(method.login && {
      login: { yields: method.login.yields.id, ...(method.login.when && { when: condition(method.login.when) }) },
    }),
    ...(method.variants && {
      variants: method.variants.map((one) => ({ id: one.id, when: condition(one.when), ...behaviour(one) })),
    }),
  };
};

const levelOf = ({ credential, ...level }: Level): ManifestLevel => ({
  credential: { id: credential.id, ...(credential.operation && { operation: true }) },
  permissions: level.permissions,
  ...(level.needs && { needs: level.needs }),
  ...(level.requires && { requires: level.requires }),
  confinement: level.confinement,
  ...(level.derived && { derived: level.derived }),
  ...(level.lifetime && { lifetime: level.lifetime }),
  ...(level.note !== undefined && { note: level.note }),
});
const waysOf = (level: Level | readonly Level[] | undefined): readonly Level[] => {
  if (level === undefined) return [];
  return "credential" in level ? [level] : level;
};
const offerOf = ({ type, resourceId, access, list, revocable }: Offer): ManifestOffer => ({
  type: { ...described(type), credentials: type.credentials.map(({ id }) => id) },
  resourceId: resourceId && {
    spellings: resourceId.spellings,
    ...(resourceId.rewrites && { rewrites: resourceId.rewrites }),
    fields: resourceId.fields,
  },
  access: Object.fromEntries(
    accessLevels.flatMap((level: Access) => {
      const ways = waysOf(access[level]).map(levelOf);
      return ways.length > 0 ? [[level, ways]] : [];
    }),
  ),
  list,
  revocable,
});

const connectorOf = (type: ConnectorType): ManifestConnector => {
  const shared = toJsonSchema(type.config, `${type.id} config`, type.rules);
  return {
    ...described(type),
    facts: type.facts,
    hosts: type.hosts,
    authMethods: type.authMethods.map((method) => methodOf(type, shared, method)),
    resources: type.resources.map(offerOf),
  };
};

const secretOf = (schema: SecretSchema): ManifestSecretSchema => ({
  ...described(schema),
  schema: toJsonSchema(schema.fields, `secret schema ${schema.id}`, schema.rules, "secret"),
});
const kindOf = (kind: CredentialKind): ManifestKind => ({
  ...described(kind),
  schema: toJsonSchema(kind.fields, `credential kind ${kind.id}`, [], "output"),
  ...(kind.operation && {
    operation: {
      input: toJsonSchema(kind.operation.input, `credential kind ${kind.id}, operation input`),
      output: toJsonSchema(kind.operation.output, `credential kind ${kind.id}, operation output`, [], "output"),
    },
  }),
});
const requirementOf = (requirement: Requirement | null) =>
  requirement && {
    type: requirement.type.id,
    access: requirement.access,
    ...(requirement.connectorType !== undefined && { connectorType: requirement.connectorType }),
    resourceId: requirement.resourceId,
  };
const storeOf = (store: SecretStoreType): ManifestStore => ({
  ...described(store),
  config: toJsonSchema(store.config, `secret store ${store.id} config`, store.rules),
  connector: requirementOf(store.connector),
  limits: store.limits,
  readable: store.readable,
  features: store.features,
});
const flavorOf = (flavor: ComponentFlavor): ManifestFlavor => ({
  ...described(flavor),
  component: flavor.component,
  config: toJsonSchema(flavor.config, `flavor ${flavor.id} config`, flavor.rules),
  connector: requirementOf(flavor.connector),
  ...(flavor.idAttribute !== undefined && { idAttribute: flavor.idAttribute }),
});

/** One of each id, ids in order. The same declaration may be met often; two that differ may not share an id. */
const distinct = <T extends Described>(what: string, found: readonly T[], problems: string[]): readonly T[] => {
  const byId = new Map<string, T>();
  for (const one of found) {
    const known = byId.get(one.id);
    if (known === undefined) byId.set(one.id, one);
    else if (JSON.stringify(known) !== JSON.stringify(one))
      problems.push(`two different ${what}s have the id ${one.id}`);
  }
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
};

const idProblems = (what: string, found: readonly Described[]): string[] =>
  found.flatMap(({ id, title, description }) => [
    ...(isId(id) ? [] : [`the id of ${what} ${JSON.stringify(id)} is not kebab-case`]),
    ...(title.trim() === "" || description.trim() === "" ? [`${what} ${id} lacks its title or description`] : []),
  ]);
const twice = (what: string, ids: readonly string[]): string[] =>
  [...new Set(ids.filter((one, index) => ids.indexOf(one) !== index))].map((id) => `${what} ${id} is declared twice`);

const connectorProblems = (
  type: ManifestConnector,
  secrets: readonly ManifestSecretSchema[],
  shared: readonly string[],
) => {
  const methods = new Map(type.authMethods.map((one) => [one.id, one]));
  return [
    ...lintType(type, { shared, ofMethod: (id) => fieldsOf(methods.get(id)?.config ?? {}) }).map(
      (problem) => `${type.id}: ${problem}`,
    ),
    ...idProblems(`auth method of ${type.id}`, type.authMethods),
    ...idProblems(
      `resource type of ${type.id}`,
      type.resources.map((one) => one.type),
    ),
    ...type.authMethods.flatMap((method) => {
      const asked = secrets.find(({ id }) => id === method.secret);
      const both = fieldsOf(method.config).filter((name) => asked && fieldsOf(asked.schema).includes(name));
      return both.map((name) => `${type.id} ${method.id}: ${name} is configuration and secret at once`);
    }),
    ...type.resources.flatMap(({ type: { id, credentials }, access }) =>
      accessLevels.flatMap((level) =>
        (access[level] ?? [])
          .filter((way) => !credentials.includes(way.credential.id))
          .map((way) => `${type.id}: ${level} of ${id} hands out ${way.credential.id}, which ${id} does not name`),
      ),
    ),
  ];
};
const consumerProblems = (what: string, one: ManifestStore | ManifestFlavor): string[] => {
  const fields = fieldsOf(one.config);
  const names = [
    ...namesIn(one.connector?.resourceId ?? ""),
    ...("idAttribute" in one && one.idAttribute !== undefined ? [one.idAttribute] : []),
  ];
  return names.filter((name) => !fields.includes(name)).map((name) => `${what} ${one.id}: ${name} is no field of it`);
};

type Titled = { readonly path: string; readonly urn: string; readonly about: Described; readonly schema: JsonSchema };
const schemasOf = (manifest: Manifest): readonly Titled[] => [
  ...manifest.connectors.flatMap((type) =>
    type.authMethods.map((method) => ({
      path: `${type.id}.${method.id}.config`,
      urn: `${type.id}:${method.id}:config`,
      about: { ...described(method), title: `${type.title}: ${method.title}` },
      schema: method.config,
    })),
  ),
  ...manifest.secretSchemas.map((one) => ({
    path: `${one.id}.secret`,
    urn: `secret:${one.id}`,
    about: one,
    schema: one.schema,
  })),
  ...manifest.credentialKinds.flatMap((one) => [
    { path: `${one.id}.credential`, urn: `credential:${one.id}`, about: one, schema: one.schema },
    ...(one.operation
      ? (["input", "output"] as const).map((side) => ({
          path: `${one.id}.operation-${side}`,
          urn: `credential:${one.id}:operation-${side}`,
          about: one,
          schema: one.operation?.[side] ?? {},
        }))
      : []),
  ]),
  ...manifest.secretStores.map((one) => ({
    path: `${one.id}.store`,
    urn: `store:${one.id}`,
    about: one,
    schema: one.config,
  })),
  ...manifest.flavors.map((one) => ({
    path: `${one.component}.${one.id}.flavor`,
    urn: `flavor:${one.component}:${one.id}`,
    about: one,
    schema: one.config,
  })),
];

const schemaProblems = (manifest: Manifest): string[] =>
  schemasOf(manifest).flatMap(({ path, schema }) => {
    try {
      compile(schema);
      return misfits(schema).map((problem) => `${path}: ${problem}`);
    } catch (error) {
      return [`${path}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });

/** The manifest, or one `plugin-invalid` that lists everything the declarations got wrong. */
export const manifestOf = (plugin: Plugin, packageName: string): Manifest => {
  if (plugin.contract !== contractVersion)
    throw new KeywrightError(
      "plugin-incompatible",
      `${packageName} is written for plugin contract ${String(plugin.contract)}; this Keywright knows ${contractVersion}.`,
      { hint: "Declare it with definePlugin() of the @keywright/core that is installed." },
    );
  const types = (plugin.connectors ?? []).map(({ type }) => type);
  const methods = types.flatMap((type) => type.authMethods);
  const offers = types.flatMap((type) => type.resources);
  const secrets = [
    ...(plugin.secretSchemas ?? []),
    ...methods.flatMap(({ secret, login }) => [...(secret ? [secret] : []), ...(login ? [login.yields] : [])]),
  ];
  const kinds = [
    ...(plugin.credentialKinds ?? []),
    ...offers.flatMap(({ type, access }) => [
      ...type.credentials,
      ...accessLevels.flatMap((level) => waysOf(access[level]).map(({ credential }) => credential)),
    ]),
  ];
  const problems: string[] = [];
  const manifest: Manifest = {
    $comment: comment,
    manifestVersion,
    contract: contractVersion,
    package: packageName,
    connectors: types.map(connectorOf),
    secretStores: (plugin.secretStores ?? []).map(({ type }) => storeOf(type)),
    flavors: (plugin.flavors ?? []).map(({ type }) => flavorOf(type)),
    secretSchemas: distinct("secret schema", [...new Set(secrets)].map(secretOf), problems),
    credentialKinds: distinct("credential kind", [...new Set(kinds)].map(kindOf), problems),
  };
  const { connectors, secretStores, flavors, secretSchemas, credentialKinds } = manifest;
  const shared = new Map(types.map((type) => [type.id, Object.keys(type.config.shape)]));
  problems.push(
    ...idProblems("connector type", connectors),
    ...idProblems("secret store", secretStores),
    ...idProblems("flavor", flavors),
    ...idProblems("secret schema", secretSchemas),
    ...idProblems("credential kind", credentialKinds),
    ...flavors
      .filter(({ component }) => !isId(component))
      .map(({ id, component }) => `the component ${JSON.stringify(component)} of flavor ${id} is not kebab-case`),
    ...twice(
      "connector type",
      connectors.map(({ id }) => id),
    ),
    ...twice(
      "secret store",
      secretStores.map(({ id }) => id),
    ),
    ...twice(
      "flavor",
      flavors.map(({ component, id }) => `${component}/${id}`),
    ),
    ...connectors.flatMap((type) => connectorProblems(type, secretSchemas, shared.get(type.id) ?? [])),
    ...secretStores.flatMap((one) => consumerProblems("secret store", one)),
    ...flavors.flatMap((one) => consumerProblems("flavor", one)),
    ...schemaProblems(manifest),
  );
  // Only once the declarations are well: otherwise it would say the same in other words.
  if (problems.length === 0)
    problems.push(
      ...check(manifestSchema, JSON.parse(JSON.stringify(manifest))).problems.map(({ message }) => message),
    );
  if (problems.length > 0)
    throw new KeywrightError("plugin-invalid", `${packageName}: ${problems.join("; ")}.`, {
      hint: "Correct the declarations; nothing was written.",
      data: { problems },
    });
  return JSON.parse(JSON.stringify(manifest)) as Manifest;
};

/** Path below `generated/` → a JSON Schema that stands alone, for editors, forms and other languages. */
export const schemaFilesOf = (manifest: Manifest): ReadonlyMap<string, JsonSchema> =>
  new Map(
    schemasOf(manifest).map(({ path, urn, about, schema }) => [
      `schemas/${path}.json`,
      {
        $comment: comment,
        $schema: "http://json-schema.org/draft-07/schema#",
        $id: `urn:keywright:${urn}`,
        title: about.title,
        description: about.description,
        ...schema,
      },
    ]),
  );
