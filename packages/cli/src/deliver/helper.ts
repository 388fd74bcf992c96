/**
 * The helpers that other programs call: cached grants from the state, answers as each protocol words them. No query builder,
 * no schema library and no command table here; the whole broker is loaded only where something must be minted.
 */
import type { Environment } from "@keywright/broker";
import { cachedGrant, homeOf } from "@keywright/broker/cached";
import { KeywrightError } from "@keywright/core/errors";
import {
  awsCredentialProcess,
  type AwsSession,
  dockerHelperAnswer,
  type DockerLogin,
  dockerNotFound,
  execApiVersion,
  execCredential,
  type Kubernetes,
  registryHost,
} from "@keywright/credentials/render";
import type { HelperArguments } from "./request.ts";

/** A credential on its way to a client: revealed, so it goes to standard output and nowhere else. */
export type Revealed = { readonly kind: string; readonly credential: object; readonly expiresAt: Date | null };
export type HelperHost = {
  readonly environment: Environment;
  readonly stdin: () => string | Promise<string>;
};

const needConnector = ({ request }: HelperArguments, what: string) => {
  const { connector } = request;
  if (connector !== undefined) return { ...request, connector };
  throw new KeywrightError("usage", `${what} needs a connector.`, {
    hint: "Add --connector NAME; keywright connector list shows them.",
  });
};
const environmentOf = (given: HelperArguments, { environment }: HelperHost): Environment =>
  given.home === undefined ? environment : { ...environment, KEYWRIGHT_HOME: given.home };

const obtain = async (given: HelperArguments, host: HelperHost, what: string): Promise<Revealed> => {
  if (given.endpoint !== undefined) return (await import("./from-endpoint.ts")).fromEndpoint(given.endpoint);
  const environment = environmentOf(given, host);
  const request = needConnector(given, what);
  const cached = cachedGrant(request, environment);
  if (cached) {
    const { row, credential } = cached;
    return { kind: row.kind, credential, expiresAt: row.expires_at === null ? null : new Date(row.expires_at) };
  }
  return (await import("./mint.ts")).mint(request, environment);
};
const expect = <T>(found: Revealed, kind: string, what: string): T => {
  if (found.kind === kind) return found.credential as T;
  throw new KeywrightError("unsupported", `${what} serves ${kind}, and this grant is ${found.kind}.`, {
    hint: "Name another resource type with -r.",
  });
};

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html */
export const credentialProcess = async (given: HelperArguments, host: HelperHost): Promise<string> => {
  const found = await obtain(given, host, "credential-process");
  return JSON.stringify(
    awsCredentialProcess(expect<AwsSession>(found, "aws-session", "credential-process"), found.expiresAt),
  );
};

/** The version must be the caller's own: client-go compares. */
export const kubernetesExec = async (given: HelperArguments, host: HelperHost): Promise<string> => {
  const asked = host.environment["KUBERNETES_EXEC_INFO"];
  let version: string = execApiVersion;
  try {
    version = (JSON.parse(asked ?? "{}") as { apiVersion?: string }).apiVersion ?? execApiVersion;
  } catch {
    // A caller that says nothing readable gets the version we know.
  }
  if (!/^client\.authentication\.k8s\.io\/v1(?:beta1)?$/.test(version)) {
    throw new KeywrightError("unsupported", `kubectl asks for ${version}; kubernetes-exec knows v1 and v1beta1.`, {
      hint: "Upgrade kubectl, or keywright.",
    });
  }
  const found = await obtain(given, host, "kubernetes-exec");
  return JSON.stringify(
    execCredential(expect<Kubernetes>(found, "kubernetes", "kubernetes-exec"), found.expiresAt, version),
  );
};

export type DockerAnswer = { readonly text: string; readonly exit: 0 | 1 };
const notOurs: DockerAnswer = { text: dockerNotFound, exit: 1 };

const dockerGet = async (given: HelperArguments, host: HelperHost): Promise<DockerAnswer> => {
  const asked = (await host.stdin()).trim();
  if (asked === "") return { text: "no credentials server URL", exit: 1 };
  let wanted = given;
  if (given.registry !== undefined) {
    if (registryHost(given.registry) !== registryHost(asked)) return notOurs;
  } else {
    const { readLogins } = await import("./logins.ts");
    const login = readLogins(homeOf(environmentOf(given, host))).find(
      (one) => one.kind === "docker" && registryHost(one.name) === registryHost(asked),
    );
    if (!login) return notOurs;
    wanted = { ...given, request: login.request };
  }
  const found = await obtain(wanted, host, "docker-credential");
  return {
    text: JSON.stringify(dockerHelperAnswer(expect<DockerLogin>(found, "docker-login", "docker-credential"), asked)),
    exit: 0,
  };
};

/** Its errors are words on standard output and exit status 1. https://github.com/docker/docker-credential-helpers */
export const dockerCredential = async (given: HelperArguments, host: HelperHost): Promise<DockerAnswer> => {
  const [action] = given.words;
  try {
    switch (action) {
      case "get":
        return await dockerGet(given, host);
      case "list": {
        const { readLogins } = await import("./logins.ts");
        const logins = given.registry === undefined ? readLogins(homeOf(environmentOf(given, host))) : [];
        const known = logins.flatMap((one) => (one.kind === "docker" ? [[one.name, one.username ?? ""]] : []));
        return { text: JSON.stringify(Object.fromEntries(known)), exit: 0 };
      }
      // There is nothing of the client's to forget: what we hand out ends by itself.
      case "erase":
        return { text: "", exit: 0 };
      case "store":
        return {
          text: "Keywright issues the logins of this registry; it stores none. Undo with keywright connector logout.",
          exit: 1,
        };
      case "version":
        return { text: "docker-credential-keywright", exit: 0 };
      default:
        return { text: "docker-credential knows get, store, erase, list and version.", exit: 1 };
    }
  } catch (error) {
    if (!KeywrightError.is(error)) throw error;
    return { text: [error.message, error.hint ?? ""].join(" ").replaceAll(/\s+/g, " ").trim(), exit: 1 };
  }
};
