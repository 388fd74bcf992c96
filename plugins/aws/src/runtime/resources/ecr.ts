import {
  DescribeRepositoriesCommand,
  type DescribeRepositoriesCommandOutput,
  GetAuthorizationTokenCommand,
  type GetAuthorizationTokenCommandOutput,
} from "@aws-sdk/client-ecr";
import { type Call, type Check, KeywrightError, Redacted } from "@keywright/core";
import { send } from "../clients.ts";
import { pages, type Session } from "../session.ts";
import { attempt } from "./checks.ts";
import { mintFor, type Wanted } from "./issue-session.ts";

type Registry = {
  readonly resource: {
    readonly id: string;
    readonly fields: {
      readonly account: string;
      readonly region: string;
      readonly suffix: string;
      readonly repository: string | undefined;
    };
  };
};
const regionsOf = ({ region, clients: { config } }: Session) => [...new Set([region, ...(config.regions ?? [])])];
const tokenNeeds = [{ actions: ["ecr:GetAuthorizationToken"], on: "*" }] as const;

export const ecr = {
  async *list(session: Session, call: Call) {
    for (const region of regionsOf(session)) {
      const client = session.clients.of("ecr", await session.identity(call), call, region);
      const fetch = (nextToken: string | undefined) =>
        send<DescribeRepositoriesCommandOutput>(
          client,
          new DescribeRepositoriesCommand({ maxResults: 1000, ...(nextToken !== undefined && { nextToken }) }),
          call,
          `Listing repositories in ${region}`,
        );
      for await (const page of pages(fetch, (one) => one.nextToken)) {
        for (const { repositoryArn = "", repositoryName } of page.repositories ?? []) {
          const account = repositoryArn.split(":")[4] ?? session.account;
          const suffix = session.clients.config.partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
          if (repositoryName !== undefined) yield { id: `${account}.dkr.ecr.${region}.${suffix}/${repositoryName}` };
        }
      }
    }
  },
  async *verify(session: Session, target: (Wanted & Registry) | null, call: Call): AsyncIterable<Check> {
    const region = target?.resource.fields.region ?? session.region;
    const client = session.clients.of("ecr", await session.identity(call), call, region);
    yield await attempt(
      { step: "permission", tried: `ecr:GetAuthorizationToken in ${region}`, needs: tokenNeeds },
      call,
      async () => {
        await send(client, new GetAuthorizationTokenCommand({}), call, "Getting a registry login");
        return undefined;
      },
    );
    const repository = target?.resource.fields.repository;
    if (!target || repository === undefined) return;
    const needs = target.permissions
      .filter((row) => row.actions.includes("ecr:DescribeRepositories"))
      .map((row) => ({ ...row, actions: ["ecr:DescribeRepositories"] }));
    yield await attempt(
      { step: "resource", tried: `ecr:DescribeRepositories ${repository}`, needs },
      call,
      async () => {
        await send(
          client,
          new DescribeRepositoriesCommand({ repositoryNames: [repository] }),
          call,
          `Looking at ${repository}`,
        );
        return target.resource.id;
      },
    );
  },
  issue: async (session: Session, target: Wanted & Registry, call: Call) => {
    const { region } = target.resource.fields;
    const minted = await mintFor(session, target, call);
    const { authorizationData = [] } = await send<GetAuthorizationTokenCommandOutput>(
      session.clients.of("ecr", minted.keys, call, region),
      new GetAuthorizationTokenCommand({}),
      call,
      "Getting a registry login",
    );
    const [data] = authorizationData;
    const [username = "", ...rest] = Buffer.from(data?.authorizationToken ?? "", "base64")
      .toString("utf8")
      .split(":");
    const password = rest.join(":");
    if (username === "" || password === "")
      throw new KeywrightError("unexpected-answer", "ECR answered without a login.", { hint: "Check the endpoint." });
    const ends = data?.expiresAt ? session.clients.local(data.expiresAt) : null;
    // Whether a login ends with its session AWS does not say: it is served until the earlier of the two.
    const expiresAt = minted.expiresAt && (!ends || minted.expiresAt < ends) ? minted.expiresAt : ends;
    const registry =
      session.clients.config.ecrEndpoint === undefined
        ? (target.resource.id.split("/")[0] ?? "")
        : new URL(data?.proxyEndpoint ?? "").host;
    return {
      kind: "docker-login" as const,
      credential: { registry, username, password: new Redacted(password) },
      expiresAt,
      ...(ends && { outlives: ends }),
    };
  },
};
