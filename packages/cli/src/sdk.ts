/** Keywright inside a program: connectors, and sources of grants that renew themselves. */
import { type Broker, type BrokerOptions, createBroker, type GrantRequest, projectOf } from "@keywright/broker";
import type { awsSession, dockerLogin, kubernetes } from "@keywright/credentials";
import { builtInPlugins } from "./deliver/place.ts";
import { createSource, type GrantSource, issuerOf } from "./deliver/source.ts";

export type { GrantFor, GrantSource } from "./deliver/source.ts";

type Fields<Kind extends { readonly fields: { readonly _output: unknown } }> = Kind["fields"]["_output"];
/** Keys of an AWS session; secret fields are `Redacted`. */
export type AwsSession = Fields<typeof awsSession>;
export type DockerLogin = Fields<typeof dockerLogin>;
export type Kubernetes = Fields<typeof kubernetes>;

/**
 * Resource type → the credential that its grants carry. A plugin adds its own:
 * `declare module "keywright" { interface ResourceCredentials { "my-thing": MyCredential } }`.
 */
export interface ResourceCredentials {
  "aws-generic": AwsSession;
  "s3-bucket": AwsSession;
  "docker-registry": DockerLogin;
  "kubernetes-cluster": Kubernetes;
}
export type CredentialOf<ResourceType extends string> = ResourceType extends keyof ResourceCredentials
  ? ResourceCredentials[ResourceType]
  : Readonly<Record<string, unknown>>;

/**
 * Connectors by name: `keywright types` fills it in, with the levels and ids of each resource type. While it is empty, every
 * name is taken.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- declared to be added to
export interface Connectors {}
type Known = keyof Connectors & string;
/** Names of connectors. */
export type ConnectorName = [Known] extends [never] ? string : Known;
type Member<C, K, Otherwise> = K extends keyof C ? C[K] : Otherwise;
/** Resource types that the connector reaches. */
export type ResourceTypeOf<C extends string> = [Known] extends [never]
  ? keyof ResourceCredentials | (string & {})
  : keyof Member<Connectors, C, never> & string;
type Reach<C extends string, R extends string> = Member<Member<Connectors, C, never>, R, never>;
type Asked<C extends string, R extends string, Field extends string> = [Known] extends [never]
  ? string | undefined
  : Member<Reach<C, R>, Field, never> | undefined;

export type GrantsRequest<C extends string, R extends string> = Omit<
  GrantRequest,
  "connector" | "resourceType" | "resourceId" | "access"
> & {
  readonly connector: C;
  readonly resourceType: R;
  readonly resourceId?: Asked<C, R, "resourceId">;
  readonly access?: Asked<C, R, "access">;
};
export type KeywrightOptions = Partial<Omit<BrokerOptions, "checkpoint">>;

export type Keywright = {
  /** Connectors, resources, grants and the audit. */
  readonly broker: Broker;
  /** A source of grants. The first one is minted at once, so that what is wrong shows here. */
  grants<const C extends ConnectorName, const R extends ResourceTypeOf<C>>(
    request: GrantsRequest<C, R>,
  ): Promise<GrantSource<CredentialOf<R>>>;
  close(): Promise<void>;
};

/** Opens the embedded broker on this user's state. Plugins are the project's own and those enabled before. */
export const openKeywright = async (options: KeywrightOptions = {}): Promise<Keywright> => {
  const { project = projectOf(process.cwd()), builtIn = builtInPlugins(), ...rest } = options;
  const broker = await createBroker({ ...rest, project, builtIn });
  const sources = new Set<GrantSource>();
  return {
    broker,
    grants: async <C extends string, R extends string>(request: GrantsRequest<C, R>) => {
      const source = await createSource(issuerOf(broker, request as GrantRequest, options.clock));
      sources.add(source);
      // The declarations of the resource type promise this kind, and the broker holds the plugin to it.
      return source as unknown as GrantSource<CredentialOf<R>>;
    },
    close: async () => {
      for (const source of sources) source.close();
      await broker.close();
    },
  };
};
