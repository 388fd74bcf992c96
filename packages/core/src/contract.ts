/**
 * What a plugin declares and what it implements. Declarations are plain data: they become the manifest, from which
 * lists, forms, validation, policies and reference pages are made without running a plugin.
 */
import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import type * as z from "zod";
import type * as z3 from "zod/v3";
import type { ErrorCode } from "./errors.ts";

/** New schemas are zod 4; a `zod/v3` object is accepted so that an older plugin keeps working. */
export type ObjectSchema = z.ZodObject | z3.AnyZodObject;
export type Access = "read" | "write" | "admin";
/** From the narrowest to the widest; each includes those before it. */
export const accessLevels: readonly Access[] = ["read", "write", "admin"];
export type Described = { readonly id: string; readonly title: string; readonly description: string };

/**
 * Text with names in braces, filled from the resource id, then the connector's configuration, then the session's facts.
 * A part in brackets is left out when a name inside it has no value: `arn:aws:s3:::{bucket}/[{prefix}/]*`;
 * `{repository:-*}` says what stands there instead.
 */
export type Template = string;

/** A rule across fields, as data, so that it reaches the JSON Schema and the forms. */
export type Rule =
  | { readonly field: string; readonly requires: string }
  | { readonly field: string; readonly excludes: string }
  | { readonly anyOf: readonly string[] };

/** A named group of secret fields: what a secret store keeps, and what an auth method asks for. */
export type SecretSchema = Described & { readonly fields: ObjectSchema; readonly rules?: readonly Rule[] };

/** The JSON a caller receives. Deliveries (environment, files, helpers, endpoints) are written per kind, never per cloud. */
export type CredentialKind = Described & {
  readonly fields: ObjectSchema;
  /** Set when the secret itself stays in the broker: `fields` is the public half, this is what a holder may ask of it. */
  readonly operation?: { readonly input: ObjectSchema; readonly output: ObjectSchema };
};

/** Provider vocabulary: `s3:GetObject` on `arn:aws:s3:::{bucket}/*`, `rl` on a container, `ClusterRole/view` on a namespace. */
export type Permission = {
  readonly actions: readonly string[];
  readonly on: Template;
  /** Conditions by name; one whose names have no value is left out: `{ "s3:prefix": "[{prefix}/*]" }`. */
  readonly where?: { readonly [condition: string]: Template };
};

/**
 * Bounds in seconds; `provider`: whoever issues decides, or the credential arrived with an expiry;
 * `unbounded`: what is handed out never ends by itself.
 */
export type Lifetime =
  | {
      readonly min: number;
      readonly default: number;
      readonly max: number;
      /** Configuration field that may lower `min`, where a custom endpoint issues shorter ones. */
      readonly minFrom?: string;
    }
  | "provider"
  | "unbounded";

/** Holds when the named configuration field or fact has a value, or, with `is`, has this one. */
export type Condition = { readonly name: string; readonly is?: string };

/** What sessions of a method can do, and for how long. */
export type Behaviour = {
  readonly lifetime: Lifetime;
  /** What its sessions can do that not every method's can: narrow (`session-policy`), reach any audience, push. */
  readonly provides: readonly string[];
  /** What the main credential must hold for the method itself: `sts:AssumeRole` on `{roleArn}`. */
  readonly needs?: readonly Permission[];
  /** Levels that are not `derived` hand out the stored credential itself, which an operator must allow. */
  readonly handsOut?: "main-credential";
};
/** How a method behaves in a case of its own (with a role to chain into, with MFA): a row of its own in the table. */
export type Variant = Behaviour & { readonly id: string; readonly when: Condition };

export type AuthMethod = Described &
  Behaviour & {
    /** What an operator writes down beside the connector's own `config`: role ARNs, tenant ids. Never a credential. */
    readonly config: ObjectSchema;
    readonly rules?: readonly Rule[];
    /** The main credential, kept by a secret store; `null` when the method reads its surroundings or a dialogue yields it. */
    readonly secret: SecretSchema | null;
    /** A human obtains this in a dialogue (device code, MFA), at registration and again once it has lapsed. */
    readonly login?: { readonly yields: SecretSchema; readonly when?: Condition };
    /** The first whose condition holds replaces the method's own behaviour. */
    readonly variants?: readonly Variant[];
  };

/** Vendor-neutral when several connectors offer it (`kubernetes-cluster`), vendor-prefixed when one does (`s3-bucket`). */
export type ResourceType = Described & { readonly credentials: readonly [CredentialKind, ...CredentialKind[]] };

export type IdField = { readonly pattern: string; readonly ignoreCase?: true; readonly example?: string };
/** Plain data, so that the CLI, forms, policies and clients in any language canonicalise offline. */
export type ResourceIdFormat = {
  /**
   * The canonical spelling, then accepted ones; the first that matches wins. A name the spelling omits comes from
   * configuration or facts; a name the canonical omits must agree with them. A sub-resource is bracketed.
   */
  readonly spellings: readonly [canonical: Template, ...accepted: Template[]];
  /** Applied before, in order, until none matches: `["https://{rest}", "{rest}"]`. */
  readonly rewrites?: readonly (readonly [from: Template, to: Template])[];
  /** RE2 syntax, whole match. Patterns admit no quotes or wildcards: values are placed into policies. */
  readonly fields: { readonly [name: string]: IdField };
};

/** How far a credential reaches, and what keeps it there. */
export type Confinement = { readonly to: "resource" | "resource-type" | "account"; readonly by: string };

export type Level<Kind extends CredentialKind = CredentialKind> = {
  readonly credential: Kind;
  /** What a grant may do, in the vocabulary of what narrows it. Levels of one kind add up: `write` also holds the rows of `read`. */
  readonly permissions: readonly Permission[];
  /** What the main credential must hold, where that reads differently (a role for the letters of a SAS); absent: the same rows. */
  readonly needs?: readonly Permission[];
  /** What the method must provide; without it this cell does not exist. */
  readonly requires?: readonly string[];
  /**
   * The resource mints its own credential (a SAS, a ServiceAccount token), or the method must provide `by`; otherwise, and
   * when `null`, a grant is as wide as the connector's identity, whatever level was asked.
   */
  readonly confinement: (Confinement & { readonly through: "resource" | "method" }) | null;
  /** Made from the session (a login, a signed request): it never holds the main credential, whatever the method hands out. */
  readonly derived?: true;
  /** Replaces the method's where the resource mints its own credential. */
  readonly lifetime?: Lifetime;
  /** An honest limit of this level, printed wherever the level is. */
  readonly note?: string;
};

/** How one connector type offers a resource type. Policies, reference pages, verify reports and forms derive from it. */
export type Offer<R extends ResourceType = ResourceType> = {
  readonly type: R;
  /** `null` when a connector reaches exactly one. */
  readonly resourceId: ResourceIdFormat | null;
  /** Several ways to one level, best first: the first whose `requires` the method provides, or the first of the kind asked for. */
  readonly access: {
    readonly [A in Access]?: Level<R["credentials"][number]> | readonly Level<R["credentials"][number]>[];
  };
  /** Needed to enumerate, kept apart because a holder of one bucket need not see the others; `null`: cannot be enumerated. */
  readonly list: readonly Permission[] | null;
  /** The host then calls `revoke` on revocation, after expiry, and for an `issue` that never returned. */
  readonly revocable: boolean;
};

export type ConnectorType = Described & {
  /** What every method shares: region, project, endpoint. */
  readonly config: ObjectSchema;
  readonly rules?: readonly Rule[];
  /** What only an open session knows and templates may name: `account`. Kept with the connector once verified. */
  readonly facts: readonly string[];
  /** Hosts this type dials by itself (`*.amazonaws.com`); any other must be allowed by the operator for the connector. */
  readonly hosts: readonly string[];
  readonly authMethods: readonly AuthMethod[];
  readonly resources: readonly Offer[];
};

/** Keeps every literal, refuses a misspelt property. */
type Exactly<D, Shape> = D & { readonly [Unknown in Exclude<keyof D, keyof Shape>]: never };
export const define =
  <Shape>() =>
  <const D extends Shape>(definition: Exactly<D, Shape>): D =>
    definition;
export const defineSecretSchema = define<SecretSchema>();
export const defineCredentialKind = define<CredentialKind>();
export const defineAuthMethod = define<AuthMethod>();
export const defineResourceType = define<ResourceType>();
export const defineConnectorType = define<ConnectorType>();
export const defineLevel = define<Level>();
type ExactLevels<A> = { readonly [L in keyof A]: A[L] extends readonly Level[] ? A[L] : Exactly<A[L], Level> };
export const offer = <const R extends ResourceType, const D extends Omit<Offer<R>, "type">>(
  type: R,
  how: Exactly<D, Offer> & { readonly access: ExactLevels<D["access"]> },
): { readonly type: R } & D => ({ type, ...how });

type NameIn<T extends Template> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | NameIn<Rest> : never;
type BracketedIn<T extends Template> = T extends `${string}[${infer Part}]${infer Rest}`
  ? NameIn<Part> | BracketedIn<Rest>
  : never;
type Named<T extends Template> = { readonly [N in Exclude<NameIn<T>, BracketedIn<T>>]: string } & {
  readonly [N in BracketedIn<T>]: string | undefined;
};
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };
type Side = "_input" | "_output";
type ConfigOf<T extends ConnectorType, M extends AuthMethod, S extends Side> = Known<T["config"][S]> &
  Known<M["config"][S]>;
type SecretOf<M extends AuthMethod, S extends Side> = M["secret"] extends SecretSchema
  ? M["secret"]["fields"][S]
  : null;
type Yielded<M extends AuthMethod> = Extract<M["login"], object>["yields"];
type ParentOf<M extends AuthMethod, S extends Side> = M extends { readonly login: { readonly yields: SecretSchema } }
  ? Yielded<M>["fields"][S] | (M extends { readonly login: { readonly when: Condition } } ? null : never)
  : null;
type LevelOf<O extends Offer> = keyof O["access"] & Access;
type Ways<L> = L extends readonly (infer Way)[] ? Way : L;
type KindOf<O extends Offer> = Extract<Ways<O["access"][LevelOf<O>]>, Level>["credential"];
type OperationOf<O extends Offer> = Extract<KindOf<O>, { readonly operation: object }>["operation"];

/** The only doors to the network: for SDKs that take a `fetch`, an agent, or a socket. One policy guards all of them. */
export type Network = {
  readonly fetch: typeof fetch;
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
  connect(host: string, port: number): Promise<Duplex>;
};
/** Handed to every outgoing call: its deadline, its doors, and for whom it is made. */
export type Call = {
  readonly signal: AbortSignal;
  readonly network: Network;
  /** Runs a program the operator allowed for this connector, with a deadline and bounded output; refuses any other. */
  run(command: string): Promise<string>;
  /** The broker's clock. */
  now(): Date;
  /** What the last verification learnt. A session may then leave the proof of identity to its first use; null: prove it now. */
  readonly known: { readonly principal: string; readonly facts: Readonly<Record<string, string>> } | null;
  /** Who asks, as the audit names them. */
  readonly caller: string;
  /** Names server-side state: what bears it is removed when the grant ends. */
  readonly grantId: string;
  /** At most 32 characters of `[A-Za-z0-9-]`: goes into the provider's log, so that it joins ours. */
  readonly sessionName: string;
};

export type Check = {
  readonly step: "identity" | "reachability" | "permission" | "resource";
  readonly tried: string;
} & (
  | { readonly ok: true; readonly detail?: string }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      /** What was seen. */
      readonly detail: string;
      /** The exact thing to do. */
      readonly fix: string;
      /** Rows to add to the identity; the host renders them ready to paste. */
      readonly missing?: readonly Permission[];
    }
);
export type Prompt = {
  readonly message: string;
  readonly url?: string;
  readonly code?: string;
  /** `none` shows the prompt and returns at once with "": the method then waits by itself. */
  readonly answer: "none" | "text" | "secret";
};
export type Ask = (prompt: Prompt) => Promise<string>;

export type Opened<T extends ConnectorType, M extends AuthMethod, Session> = {
  readonly session: Session;
  /** Who the provider says we are, and which call said so. */
  readonly identity: { readonly principal: string; readonly by: string };
  readonly facts: { readonly [F in T["facts"][number]]: string };
  /** When the session, or the pre-issued credential behind it, ends. */
  readonly expiresAt: Date | null;
  /** A limit that only the session knows (role chaining): the host caps lifetimes with it and says so. */
  readonly cap?: { readonly seconds: number; readonly by: string };
  /** The provider replaced what the dialogue yielded (a rotated refresh token): the host keeps it before the session is used. */
  readonly renewed?: ParentOf<M, "_input">;
};
export type Target<O extends Offer = Offer> = {
  /** The canonical id and its fields; `null` for an offer without instances. */
  readonly resource: O["resourceId"] extends ResourceIdFormat
    ? { readonly id: string; readonly fields: Named<O["resourceId"]["spellings"][0]> }
    : null;
  readonly access: LevelOf<O>;
  readonly kind: KindOf<O>["id"];
  /** `permissions` of this level and those below, filled in. */
  readonly permissions: readonly Permission[];
  /** As the table promises it: narrow to it, or fail. `null`: nothing narrows, the operator allowed it. */
  readonly confinement: Confinement | null;
  readonly ttlSeconds: number;
};
export type Issued<Kind extends CredentialKind> = Kind extends CredentialKind
  ? {
      readonly kind: Kind["id"];
      readonly credential: Kind["fields"]["_output"];
      readonly expiresAt: Date | null;
      /** When the provider itself ends it, where that is later than `expiresAt` and nothing can end it sooner. */
      readonly outlives?: Date;
      /** What `revoke` needs beyond the grant id: a lease id. */
      readonly handle?: string;
    }
  : never;

export type Found<T extends ConnectorType, M extends AuthMethod> = {
  readonly config: Partial<ConfigOf<T, M, "_input">>;
  readonly secret: SecretOf<M, "_input">;
  /** Where it was found: a file and profile, a variable, an address. */
  readonly from: string;
  /** Why this method fits what was found. */
  readonly why: string;
  /** Programs it would run, to be allowed by the operator. */
  readonly commands?: readonly string[];
};

export type AuthMethodRuntime<T extends ConnectorType, M extends AuthMethod, Session> = {
  /** The only place the main credential is read. Unless `call.known`, resolves once the provider has said who it is; never asks a human. */
  open(
    input: {
      readonly config: ConfigOf<T, M, "_output">;
      readonly secret: SecretOf<M, "_output">;
      readonly parent: ParentOf<M, "_output">;
    },
    call: Call,
  ): Promise<Opened<T, M, Session>>;
  /** Auto-configuration: what the surroundings offer for this method, best first. */
  discover?(environment: Readonly<Record<string, string | undefined>>, call: Call): AsyncIterable<Found<T, M>>;
} & (M extends { readonly login: object }
  ? {
      login(
        input: { readonly config: ConfigOf<T, M, "_output">; readonly secret: SecretOf<M, "_output"> },
        ask: Ask,
        call: Call,
      ): Promise<Yielded<M>["fields"]["_input"]>;
    }
  : unknown);

export type ResourceRuntime<O extends Offer, Session> = {
  /** Checks in the order reachability, permission, resource. Without a target: what a connector for all instances needs. */
  verify(session: Session, target: Target<O> | null, call: Call): AsyncIterable<Check>;
  issue(session: Session, target: Target<O>, call: Call): Promise<Issued<KindOf<O>>>;
} & (O["list"] extends null
  ? unknown
  : { list(session: Session, call: Call): AsyncIterable<{ readonly id: string; readonly label?: string }> }) &
  (O["revocable"] extends true
    ? {
        /** Idempotent. No handle: `issue` never returned, remove what bears the grant id. */
        revoke(session: Session, target: Target<O>, handle: string | null, call: Call): Promise<void>;
      }
    : unknown) &
  ([OperationOf<O>] extends [never]
    ? unknown
    : {
        perform(
          session: Session,
          target: Target<O>,
          input: OperationOf<O>["input"]["_output"],
          call: Call,
        ): Promise<OperationOf<O>["output"]["_output"]>;
      });

/** The half that may import an SDK: one entry per declared id, so a forgotten one does not compile. */
export type ConnectorRuntime<T extends ConnectorType, Session> = {
  readonly authMethods: { readonly [M in T["authMethods"][number] as M["id"]]: AuthMethodRuntime<T, M, Session> };
  readonly resources: { readonly [O in T["resources"][number] as O["type"]["id"]]: ResourceRuntime<O, Session> };
  /** Renders permission rows as what the provider takes: a policy document ready to paste. */
  permissionDocument?(rows: readonly Permission[]): string;
};

/** A declaration and the way to its runtime. `any` is the session: private to the plugin, never seen by the host. */
export type Loaded<Declared, Runtime> = {
  readonly type: Declared;
  readonly load: () => Promise<{ readonly default: Runtime }>;
};
// oxlint-disable-next-line typescript/no-explicit-any -- the session type is erased on purpose
export const connector = <T extends ConnectorType>(type: T, load: Loaded<T, ConnectorRuntime<T, any>>["load"]) => ({
  type,
  load,
});
