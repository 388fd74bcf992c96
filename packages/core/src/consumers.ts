/** What uses connectors, and where secrets live: secret stores, component flavors, and the plugin that brings them. */
import {
  type Access,
  type Call,
  type ConnectorType,
  type CredentialKind,
  type Described,
  define,
  type Issued,
  type Loaded,
  type ObjectSchema,
  type ResourceType,
  type Rule,
  type SecretSchema,
  type Template,
} from "./contract.ts";
import type { Redacted } from "./redacted.ts";

/** What a consumer asks of a connector. Who satisfies it is decided by resource type alone, unless it pins a connector type. */
export type Requirement = {
  readonly type: ResourceType;
  readonly access: Access;
  readonly connectorType?: string;
  /** Built from the consumer's configuration (`"{path}"`); `null`: chosen when the connector is linked. */
  readonly resourceId: Template | null;
};
type GrantOf<R extends Requirement | null> = R extends Requirement
  ? { readonly resourceId: string } & Issued<R["type"]["credentials"][number]>
  : null;
/** Renewable: ask before each use, the broker caches. `null` when no connector is required. */
export type Grants<R extends Requirement | null> = R extends Requirement ? (call: Call) => Promise<GrantOf<R>> : null;

type Consumer = Described & {
  readonly config: ObjectSchema;
  readonly rules?: readonly Rule[];
  readonly connector: Requirement | null;
};
/** Seals for a store that has no encryption of its own. The identity (path, version) is bound: moved bytes do not open. */
export type Sealer = {
  readonly keyId: string;
  seal(identity: readonly string[], plain: Uint8Array): Uint8Array;
  unseal(identity: readonly string[], sealed: Uint8Array): Uint8Array;
  /** Id of the key that sealed bytes name. */
  keyIdOf(sealed: Uint8Array): string;
};
type Opens<C extends Consumer, What> = {
  open(
    input: { readonly config: C["config"]["_output"]; readonly grant: Grants<C["connector"]> },
    call: Call,
  ): Promise<What>;
};

/** Where main credentials and secrets are kept. Scopes and schemas are the host's: a store sees paths and named values. */
export type SecretStoreType = Consumer & {
  /** `path`: RE2 pattern of a whole path; `valueBytes`: of all values of one secret together. */
  readonly limits: { readonly path: string; readonly valueBytes: number };
  /** `write-only`: values cannot be read back (GitHub), so it serves deployments, not the broker. */
  readonly readable: "readable" | "write-only";
  /** What the backend does itself; what is missing the host does or refuses by name. */
  readonly features: readonly ("versions" | "compare-and-set" | "labels")[];
};
export type StoredSecret = {
  readonly values: Readonly<Record<string, Redacted>>;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
};
export type SecretStore<T extends SecretStoreType = SecretStoreType> = {
  /** `expected`: the version this replaces, `null` to create; otherwise refused with `conflict`. The whole map, in one write. */
  write(
    path: string,
    secret: Omit<StoredSecret, "version">,
    expected: string | null,
    call: Call,
  ): Promise<{ readonly version: string }>;
  /** False when there was none. */
  remove(path: string, call: Call): Promise<boolean>;
  list(
    prefix: string,
    call: Call,
  ): AsyncIterable<{ readonly path: string; readonly labels: Readonly<Record<string, string>> }>;
  /** After a new key was made: seals again what an older key sealed, resumable after a kill. Stores that use the sealer have it. */
  reseal?(call: Call): Promise<{ readonly resealed: number }>;
  close?(): void;
} & (T["readable"] extends "readable"
  ? {
      /** `null` is absent; forbidden, unreachable and undecryptable throw. */ read(
        path: string,
        call: Call,
      ): Promise<StoredSecret | null>;
    }
  : unknown);
export type SecretStoreRuntime<T extends SecretStoreType> = {
  open(
    input: { readonly config: T["config"]["_output"]; readonly grant: Grants<T["connector"]>; readonly sealer: Sealer },
    call: Call,
  ): Promise<SecretStore<T>>;
};

/** One kind of component of a stack: an artifact store of flavor `s3`. `component` names what the opened object implements. */
export type ComponentFlavor = Consumer & {
  readonly component: string;
  /** The configuration attribute that supplies the resource id, where one does. */
  readonly idAttribute?: string;
};
export type ComponentRuntime<F extends ComponentFlavor, Component> = Opens<F, Component>;

export const defineSecretStore = define<SecretStoreType>();
export const defineComponentFlavor = define<ComponentFlavor>();
export const secretStore = <T extends SecretStoreType>(type: T, load: Loaded<T, SecretStoreRuntime<T>>["load"]) => ({
  type,
  load,
});
export const flavor = <F extends ComponentFlavor, Component>(
  type: F,
  load: Loaded<F, ComponentRuntime<F, Component>>["load"],
) => ({
  type,
  load,
});

/** The version of this contract that a plugin was written against; a host refuses one it does not know. */
export const contractVersion = 1;
/* oxlint-disable typescript/no-explicit-any -- runtimes are opaque to the host until they are called */
export type Plugin = {
  readonly contract: number;
  readonly connectors?: readonly Loaded<ConnectorType, any>[];
  readonly secretStores?: readonly Loaded<SecretStoreType, any>[];
  readonly flavors?: readonly Loaded<ComponentFlavor, any>[];
  readonly secretSchemas?: readonly SecretSchema[];
  /** Kinds a plugin brings beyond those its connectors name. */
  readonly credentialKinds?: readonly CredentialKind[];
};
/* oxlint-enable typescript/no-explicit-any */
export const definePlugin = <const P extends Omit<Plugin, "contract">>(plugin: P) =>
  ({ contract: 1, ...plugin }) as const;
