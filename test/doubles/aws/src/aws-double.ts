import { createClock } from "./clock.ts";
import { createAccountControls, type AccountControls } from "./account-controls.ts";
import { createIssuer, type OidcIssuer } from "./oidc-issuer.ts";
import { createRandom } from "./random.ts";
import { serveAws, serveCluster, serveRegistry, type Endpoint } from "./server.ts";
import { createSsoControls, type SsoControls } from "./sso-controls.ts";
import { accountOf, type Fault, type RecordedCall, type State } from "./state.ts";
import { testCertificate } from "./test-certificate.ts";

export interface AwsDoubleOptions {
  /** The base of the server's clock; default the real time. `advance` moves the clock away from it. */
  clock?: () => Date;
  /** The default account; default `123456789012`. */
  accountId?: string;
  /** Where things are created unless they say otherwise; default `eu-central-1`. */
  region?: string;
  /** Default `aws`. */
  partition?: "aws" | "aws-cn" | "aws-us-gov";
  /** Regions that exist and are enabled; default a dozen of the partition. `region` is always one. */
  regions?: readonly string[];
  /** Regions that exist but whose STS answers RegionDisabledException. */
  disabledRegions?: readonly string[];
  /** Same seed, same order of calls: same ids and keys. */
  seed?: string;
  /** Allowed clock difference in seconds; default 300. (Real S3 allows 900.) */
  skewSeconds?: number;
  /** The most entries in a page by action (`ListBuckets`, `ListClusters`, …), below what callers ask for. */
  pageSizes?: Record<string, number>;
  /** Device logins are approved as soon as they are started; default false. */
  ssoAutoApprove?: boolean;
}

/** An AWS on loopback. Controls act on the default account; `account(id)` gives those of another. */
export interface AwsDouble extends AccountControls {
  /** One endpoint for STS, S3, ECR, EKS and Identity Center; the region is that of each request's signature. */
  url: string;
  /** An endpoint that, like the real ones, takes signatures for its own region alone. */
  regionalUrl(region: string): Promise<string>;
  /** `127.0.0.1:PORT` of the docker registry. */
  registry: string;
  /** The https address of the Kubernetes API server that stands for every cluster. */
  eksEndpoint: string;
  /** PEM of the certificate that `eksEndpoint` shows. Test-only. */
  certificateAuthority: string;
  partition: string;
  region: string;
  now(): Date;
  /** Moves the clock, by seconds. */
  advance(seconds: number): void;
  /** Sets how far the clock is from its base, in seconds; 0 puts it back. */
  setClockOffset(seconds: number): void;
  account(id: string): AccountControls;
  createOidcIssuer(options?: { issuer?: string; algorithm?: "RS256" | "ES256" }): OidcIssuer;
  sso: SsoControls;
  /** Every request answered so far, in order of arrival; without secrets. Empty it with `calls.length = 0`. */
  calls: RecordedCall[];
  /** Makes the next matching requests fail, wait or lose their connection. Returns a function that withdraws it. */
  fault(fault: Fault): () => void;
  /** The double's innards, for assertions that nothing above allows. */
  state: State;
  close(): Promise<void>;
}

const REGIONS: Record<string, readonly string[]> = {
  aws: [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-north-1",
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
  ],
  "aws-cn": ["cn-north-1", "cn-northwest-1"],
  "aws-us-gov": ["us-gov-west-1", "us-gov-east-1"],
};

const createState = (options: AwsDoubleOptions): State => {
  const partition = options.partition ?? "aws";
  const region = options.region ?? (partition === "aws" ? "eu-central-1" : (REGIONS[partition]?.[0] ?? ""));
  const accountId = options.accountId ?? "123456789012";
  const state: State = {
    partition,
    region,
    accountId,
    regions: new Set([...(options.regions ?? REGIONS[partition] ?? []), region]),
    disabledRegions: new Set(options.disabledRegions),
    skewSeconds: options.skewSeconds ?? 300,
    pageSizes: { ...options.pageSizes },
    random: createRandom(options.seed ?? "keywright"),
    requestIds: createRandom("request ids"),
    clock: createClock(options.clock ?? (() => new Date())),
    accounts: new Map(),
    credentials: new Map(),
    buckets: new Map(),
    repositories: new Map(),
    clusters: new Map(),
    logins: new Map(),
    sso: {
      autoApprove: options.ssoAutoApprove ?? false,
      accessTokenSeconds: 3600,
      clients: new Map(),
      devices: new Map(),
      tokens: new Map(),
      permissionSets: [],
    },
    calls: [],
    faults: [],
    registry: "",
    eksEndpoint: "",
    certificateAuthority: testCertificate.cert,
  };
  for (const name of state.disabledRegions) state.regions.delete(name);
  accountOf(state, accountId);
  return state;
};

/** Starts an AWS double on three ports of 127.0.0.1. Close it when done. */
export const createAwsDouble = async (options: AwsDoubleOptions = {}): Promise<AwsDouble> => {
  const state = createState(options);
  const [api, registry, cluster] = await Promise.all([serveAws(state), serveRegistry(state), serveCluster(state)]);
  state.registry = `127.0.0.1:${registry.port}`;
  state.eksEndpoint = `https://127.0.0.1:${cluster.port}`;
  const regional = new Map<string, Promise<Endpoint>>();
  const endpointOf = (region: string): Promise<Endpoint> => {
    const endpoint = regional.get(region) ?? serveAws(state, region);
    regional.set(region, endpoint);
    return endpoint;
  };
  return {
    ...createAccountControls(state, state.accountId),
    url: `http://127.0.0.1:${api.port}`,
    regionalUrl: async (region) => `http://127.0.0.1:${(await endpointOf(region)).port}`,
    registry: state.registry,
    eksEndpoint: state.eksEndpoint,
    certificateAuthority: state.certificateAuthority,
    partition: state.partition,
    region: state.region,
    now: state.clock.now,
    advance: state.clock.advance,
    setClockOffset: state.clock.setOffset,
    account: (id) => createAccountControls(state, id),
    createOidcIssuer: ({ issuer = "https://issuer.example.com", algorithm = "RS256" } = {}) =>
      createIssuer(issuer, algorithm, state.clock.now),
    sso: createSsoControls(state),
    calls: state.calls,
    fault: (fault) => {
      const pending = { ...fault, times: fault.times ?? 1 };
      state.faults.push(pending);
      return () => {
        pending.times = 0;
      };
    },
    state,
    close: async () => {
      const endpoints = await Promise.all(regional.values());
      await Promise.all([api, registry, cluster, ...endpoints].map((endpoint) => endpoint.close()));
    },
  };
};
