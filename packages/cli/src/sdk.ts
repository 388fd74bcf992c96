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

export type GrantsRequest<ResourceType extends string> = Omit<GrantRequest, "resourceType"> & {
  readonly resourceType: ResourceType;
};
export type KeywrightOptions = Partial<Omit<BrokerOptions, "checkpoint">>;

export type Keywright = {
  /** Connectors, resources, grants and the audit. */
  readonly broker: Broker;
  /** A source of grants. The first one is minted at once, so that what is wrong shows here. */
  grants<const ResourceType extends keyof ResourceCredentials | (string & {})>(
    request: GrantsRequest<ResourceType>,
  ): Promise<GrantSource<CredentialOf<ResourceType>>>;
  close(): Promise<void>;
};

/** Opens the embedded broker on this user's state. Plugins are the project's own and those enabled before. */
export const openKeywright = async (options: KeywrightOptions = {}): Promise<Keywright> => {
  const { project = projectOf(process.cwd()), builtIn = builtInPlugins(), ...rest } = options;
  const broker = await createBroker({ ...rest, project, builtIn });
  const sources = new Set<GrantSource>();
  return {
    broker,
    grants: async <ResourceType extends string>(request: GrantsRequest<ResourceType>) => {
      const source = await createSource(issuerOf(broker, request, options.clock));
      sources.add(source);
      // The declarations of the resource type promise this kind, and the broker holds the plugin to it.
      return source as unknown as GrantSource<CredentialOf<ResourceType>>;
    },
    close: async () => {
      for (const source of sources) source.close();
      await broker.close();
    },
  };
};
