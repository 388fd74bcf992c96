/**
 * Pure renderings of credentials, per kind, on plain JSON: no schema library, so that helper processes start at once.
 * A rendering reveals: its result goes to a socket, a pipe or a child, never to a log.
 */
export type AwsSession = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region: string;
  readonly accountId?: string;
  readonly endpoints?: Readonly<Record<string, string>>;
};
export type DockerLogin = { readonly registry: string; readonly username: string; readonly password: string };
export type Kubernetes = {
  readonly server: string;
  readonly certificateAuthority?: string;
  readonly namespace?: string;
  readonly token?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
};

/** `YYYY-MM-DDTHH:MM:SSZ`: the one form that every SDK parses. */
export const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
export const awsCredentialProcess = (session: AwsSession, expiresAt: Date | null) => ({
  Version: 1,
  AccessKeyId: session.accessKeyId,
  SecretAccessKey: session.secretAccessKey,
  ...(session.sessionToken !== undefined && { SessionToken: session.sessionToken }),
  ...(expiresAt && { Expiration: instant(expiresAt) }),
  ...(session.accountId !== undefined && { AccountId: session.accountId }),
});

/** Answer of a container credentials endpoint; here the token is called `Token`.
 *  https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export const awsContainerCredentials = (session: AwsSession, expiresAt: Date) => ({
  AccessKeyId: session.accessKeyId,
  SecretAccessKey: session.secretAccessKey,
  Token: session.sessionToken ?? "",
  Expiration: instant(expiresAt),
  ...(session.accountId !== undefined && { AccountId: session.accountId }),
});

/** Endpoint variables of the SDKs. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const awsPlace = (session: Pick<AwsSession, "region" | "endpoints">): Record<string, string> => ({
  AWS_REGION: session.region,
  AWS_DEFAULT_REGION: session.region,
  ...Object.fromEntries(
    Object.entries(session.endpoints ?? {}).map(([service, url]) => [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, url]),
  ),
});

/** Variables that hold the session itself, for a child that lives no longer than it. */
export const awsStaticEnvironment = (session: AwsSession, expiresAt: Date | null): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: session.accessKeyId,
  AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
  ...(session.sessionToken !== undefined && { AWS_SESSION_TOKEN: session.sessionToken }),
  ...(expiresAt && { AWS_CREDENTIAL_EXPIRATION: instant(expiresAt) }),
  ...awsPlace(session),
});

/** Variables that point at a credentials endpoint on loopback, which refreshes. */
export const awsEndpointEnvironment = (
  session: Pick<AwsSession, "region" | "endpoints">,
  endpoint: { readonly url: string; readonly token: string },
): Record<string, string> => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint.url,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: endpoint.token,
  AWS_EC2_METADATA_DISABLED: "true",
  ...awsPlace(session),
});

/** Files and metadata that would win where no variable does; the two files are private to the child. */
export const awsFileEnvironment = (files: {
  readonly config: string;
  readonly credentials: string;
}): Record<string, string> => ({
  AWS_CONFIG_FILE: files.config,
  AWS_SHARED_CREDENTIALS_FILE: files.credentials,
  AWS_EC2_METADATA_DISABLED: "true",
});

/** Variables that would win over ours in one SDK or another. */
export const awsCompetingVariables: readonly string[] = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_SECURITY_TOKEN",
  "AWS_CREDENTIAL_EXPIRATION",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
  "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];

/** Keys of a profile that carry or fetch credentials; the rest (region, endpoints, s3 settings) may stay. */
export const awsCredentialKeys: readonly string[] = [
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_security_token",
  "role_arn",
  "source_profile",
  "credential_source",
  "credential_process",
  "web_identity_token_file",
  "role_session_name",
  "external_id",
  "mfa_serial",
  "duration_seconds",
  "sso_session",
  "sso_start_url",
  "sso_region",
  "sso_account_id",
  "sso_role_name",
  "login_session",
];

/** https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol; `asked`: the URL as it was received. */
export const dockerHelperAnswer = (login: DockerLogin, asked: string) => ({
  ServerURL: asked,
  Username: login.username,
  Secret: login.password,
});
/** The exact words that let a docker client go on anonymously. */
export const dockerNotFound = "credentials not found in native keychain";
/** Host of a registry as clients spell it (`https://HOST/v2/`, `HOST:5000`), for comparison alone. */
export const registryHost = (asked: string): string =>
  asked
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/\/.*$/s, "")
    .toLowerCase();

/** `auths` of a docker `config.json`. */
export const dockerAuth = (login: DockerLogin) => ({
  auths: { [login.registry]: { auth: Buffer.from(`${login.username}:${login.password}`).toString("base64") } },
});

/** How a client runs us for a credential: absolute paths, so that it works from any folder and any `PATH`. */
export type HelperCommand = { readonly command: string; readonly args: readonly string[] };

/** Double quotes are the one quoting that every SDK's splitter and both shells understand. */
const quoted = (word: string): string =>
  /^[\w./:@=+-]+$/.test(word) ? word : `"${word.replaceAll(/(["\\$`])/g, "\\$1")}"`;
/** One line for `credential_process`. */
export const commandLine = ({ command, args }: HelperCommand): string => [command, ...args].map(quoted).join(" ");

/** Lines of a profile that asks us; with custom endpoints a `services` section comes with it.
 *  https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
export const awsProfileLines = (
  profile: string,
  session: Pick<AwsSession, "region" | "endpoints">,
  helper: HelperCommand,
): readonly string[] => {
  const endpoints = Object.entries(session.endpoints ?? {});
  const services = `keywright-${profile}`;
  return [
    profile === "default" ? "[default]" : `[profile ${profile}]`,
    `credential_process = ${commandLine(helper)}`,
    `region = ${session.region}`,
    ...(endpoints.length === 0
      ? []
      : [
          `services = ${services}`,
          `[services ${services}]`,
          ...endpoints.flatMap(([service, url]) => [`${service} =`, `  endpoint_url = ${url}`]),
        ]),
  ];
};

export const execApiVersion = "client.authentication.k8s.io/v1";
/** Cluster, user and context of one name. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export const kubeconfigEntries = (
  name: string,
  access: Pick<Kubernetes, "server" | "certificateAuthority" | "namespace">,
  helper: HelperCommand,
) => ({
  clusters: {
    name,
    cluster: {
      server: access.server,
      ...(access.certificateAuthority !== undefined && { "certificate-authority-data": access.certificateAuthority }),
    },
  },
  users: {
    name,
    user: {
      exec: {
        apiVersion: execApiVersion,
        command: helper.command,
        args: [...helper.args],
        interactiveMode: "Never",
        provideClusterInfo: false,
      },
    },
  },
  contexts: {
    name,
    context: { cluster: name, user: name, ...(access.namespace !== undefined && { namespace: access.namespace }) },
  },
});

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export const execCredential = (access: Kubernetes, expiresAt: Date | null, apiVersion: string) => ({
  apiVersion,
  kind: "ExecCredential",
  status: {
    ...(access.token !== undefined && { token: access.token }),
    ...(access.clientCertificate !== undefined && {
      clientCertificateData: access.clientCertificate,
      clientKeyData: access.clientKey,
    }),
    ...(expiresAt && { expirationTimestamp: instant(expiresAt) }),
  },
});
