import { request } from "node:https";
import {
  DescribeClusterCommand,
  type DescribeClusterCommandOutput,
  ListClustersCommand,
  type ListClustersCommandOutput,
} from "@aws-sdk/client-eks";
import { type Call, type Check, KeywrightError, Redacted } from "@keywright/core";
import { type Keys, send } from "../clients.ts";
import { clusterToken, tokenSeconds } from "../cluster-token.ts";
import { pages, type Session, stsHost } from "../session.ts";
import { attempt } from "./checks.ts";
import type { Wanted } from "./issue-session.ts";

type Cluster = {
  readonly resource: { readonly id: string; readonly fields: { readonly region: string; readonly cluster: string } };
};

const describe = async (session: Session, target: Cluster, keys: Keys, call: Call) => {
  const { region, cluster: name } = target.resource.fields;
  const { cluster } = await send<DescribeClusterCommandOutput>(
    session.clients.of("eks", keys, call, region),
    new DescribeClusterCommand({ name }),
    call,
    `Describing the cluster ${name}`,
  );
  if (!cluster?.endpoint || !cluster.certificateAuthority?.data) {
    throw new KeywrightError(
      "resource-not-found",
      `The cluster ${name} has no endpoint yet (it is ${cluster?.status ?? "in an unknown state"}).`,
      { hint: "Wait until it is ACTIVE." },
    );
  }
  return { server: cluster.endpoint, certificateAuthority: cluster.certificateAuthority.data, status: cluster.status };
};
const tokenFor = (session: Session, target: Cluster, keys: Keys, call: Call) => {
  const { region, cluster } = target.resource.fields;
  const date = new Date(call.now().getTime() + session.clients.skew.ms);
  return clusterToken({ keys, region, cluster, host: stsHost(session.clients, region), date });
};

/** Status of a request to the API server itself, over the broker's door. */
const ask = (server: string, ca: string, token: string, call: Call): Promise<number> =>
  new Promise((resolve, reject) => {
    const url = new URL("/api", server);
    const failed = (cause: Error & { code?: string }) =>
      reject(
        KeywrightError.is(cause)
          ? cause
          : new KeywrightError(
              "provider-unavailable",
              `The API server ${server} does not answer (${cause.code ?? cause.message}).`,
              { hint: "Check that its endpoint is reachable from here.", cause },
            ),
      );
    try {
      const sent = request(
        url,
        {
          agent: call.network.httpsAgent,
          signal: call.signal,
          ca: Buffer.from(ca, "base64"),
          headers: { authorization: `Bearer ${token}` },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.once("error", failed).end();
    } catch (error) {
      failed(error as Error);
    }
  });

export const eks = {
  async *list(session: Session, call: Call) {
    for (const region of new Set([session.region, ...(session.clients.config.regions ?? [])])) {
      const client = session.clients.of("eks", await session.identity(call), call, region);
      const fetch = (nextToken: string | undefined) =>
        send<ListClustersCommandOutput>(
          client,
          new ListClustersCommand({ maxResults: 100, ...(nextToken !== undefined && { nextToken }) }),
          call,
          `Listing clusters in ${region}`,
        );
      for await (const page of pages(fetch, (one) => one.nextToken))
        for (const name of page.clusters ?? []) yield { id: `eks://${region}/${name}` };
    }
  },
  async *verify(session: Session, target: (Wanted & Cluster) | null, call: Call): AsyncIterable<Check> {
    const keys = await session.identity(call);
    if (!target) {
      yield await attempt(
        { step: "permission", tried: "eks:ListClusters", needs: [{ actions: ["eks:ListClusters"], on: "*" }] },
        call,
        async () => {
          await send(
            session.clients.of("eks", keys, call),
            new ListClustersCommand({ maxResults: 1 }),
            call,
            "Listing clusters",
          );
          return undefined;
        },
      );
      return;
    }
    const { cluster } = target.resource.fields;
    let found: Awaited<ReturnType<typeof describe>> | null = null;
    yield await attempt(
      { step: "permission", tried: `eks:DescribeCluster ${cluster}`, needs: target.permissions },
      call,
      async () => {
        found = await describe(session, target, keys, call);
        return target.resource.id;
      },
    );
    if (!found) return;
    const { server, certificateAuthority } = found as Awaited<ReturnType<typeof describe>>;
    yield await attempt({ step: "resource", tried: `GET ${server}/api`, needs: [] }, call, async () => {
      const status = await ask(server, certificateAuthority, await tokenFor(session, target, keys, call), call);
      if (status === 401) {
        throw new KeywrightError("credential-rejected", `The cluster ${cluster} does not map this identity.`, {
          hint: `Give it an access entry: aws eks create-access-entry --cluster-name ${cluster} --principal-arn ARN_OF_THE_IDENTITY`,
        });
      }
      return undefined;
    });
  },
  issue: async (session: Session, target: Wanted & Cluster, call: Call) => {
    const keys = await session.identity(call);
    const { server, certificateAuthority } = await describe(session, target, keys, call);
    return {
      kind: "kubernetes" as const,
      credential: { server, certificateAuthority, token: new Redacted(await tokenFor(session, target, keys, call)) },
      expiresAt: new Date(call.now().getTime() + tokenSeconds * 1000),
    };
  },
};
