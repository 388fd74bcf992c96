/** The shape of a plugin's `generated/manifest.json`: all that lists, forms, validation and the wizard know of a plugin. */
import type {
  Access,
  Behaviour,
  Condition,
  Confinement,
  Described,
  IdField,
  Lifetime,
  Permission,
} from "@keywright/core";

/**
 * JSON Schema draft-07 of an object, strict. Besides the standard words: `writeOnly` marks secrets,
 * `x-order` is the position in a form (from 0), `x-group` its heading.
 */
export type JsonSchema = {
  readonly $schema?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly dependencies?: Readonly<Record<string, readonly string[]>>;
  readonly [keyword: string]: unknown;
};

/** What one secret schema asks for. */
export type ManifestSecretSchema = Described & { readonly schema: JsonSchema };
export type ManifestKind = Described & {
  readonly schema: JsonSchema;
  readonly operation?: { readonly input: JsonSchema; readonly output: JsonSchema };
};
export type ManifestAuthMethod = Described &
  Behaviour & {
    /** The connector type's configuration and the method's own, merged, with the rules of both. */
    readonly config: JsonSchema;
    /** Id of a secret schema of this manifest; `null`: no stored credential. */
    readonly secret: string | null;
    readonly login?: { readonly yields: string; readonly when?: Condition };
    readonly variants?: readonly (Behaviour & { readonly id: string; readonly when: Condition })[];
  };
export type ManifestLevel = {
  readonly credential: { readonly id: string; readonly operation?: true };
  readonly permissions: readonly Permission[];
  readonly needs?: readonly Permission[];
  readonly requires?: readonly string[];
  readonly confinement: (Confinement & { readonly through: "resource" | "method" }) | null;
  readonly derived?: true;
  readonly lifetime?: Lifetime;
  readonly note?: string;
};
export type ManifestOffer = {
  readonly type: Described & { readonly credentials: readonly string[] };
  readonly resourceId: {
    readonly spellings: readonly [string, ...string[]];
    readonly rewrites?: readonly (readonly [string, string])[];
    readonly fields: Readonly<Record<string, IdField>>;
  } | null;
  /** Always a list: the ways to the level, best first. */
  readonly access: { readonly [A in Access]?: readonly ManifestLevel[] };
  readonly list: readonly Permission[] | null;
  readonly revocable: boolean;
};
export type ManifestConnector = Described & {
  readonly facts: readonly string[];
  readonly hosts: readonly string[];
  readonly authMethods: readonly ManifestAuthMethod[];
  readonly resources: readonly ManifestOffer[];
};
type ManifestRequirement = {
  readonly type: string;
  readonly access: Access;
  readonly connectorType?: string;
  readonly resourceId: string | null;
} | null;
export type ManifestStore = Described & {
  readonly config: JsonSchema;
  readonly connector: ManifestRequirement;
  readonly limits: { readonly path: string; readonly valueBytes: number };
  readonly readable: "readable" | "write-only";
  readonly features: readonly string[];
};
export type ManifestFlavor = Described & {
  readonly component: string;
  readonly config: JsonSchema;
  readonly connector: ManifestRequirement;
  readonly idAttribute?: string;
};
export type Manifest = {
  readonly $comment: string;
  /** Of the shape of this file. */
  readonly manifestVersion: 1;
  /** Of the plugin contract, see `contractVersion` of core. */
  readonly contract: number;
  /** npm name of the package that brings it. */
  readonly package: string;
  readonly connectors: readonly ManifestConnector[];
  readonly secretStores: readonly ManifestStore[];
  readonly flavors: readonly ManifestFlavor[];
  readonly secretSchemas: readonly ManifestSecretSchema[];
  readonly credentialKinds: readonly ManifestKind[];
};
