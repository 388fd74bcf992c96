import type { Call, Confinement, Permission } from "@keywright/core";
import type { Session } from "../session.ts";

export type Wanted = {
  readonly permissions: readonly Permission[];
  readonly confinement: Confinement | null;
  readonly ttlSeconds: number;
};

/** Narrowed where the table promises it; where it does not, the operator has allowed what comes. */
export const mintFor = (session: Session, target: Wanted, call: Call) =>
  session.mint(target.confinement && target.permissions, target.ttlSeconds, call);

const endpointsOf = ({ clients: { config } }: Session): Record<string, string> =>
  Object.fromEntries(
    (
      [
        ["s3", config.s3Endpoint],
        ["sts", config.stsEndpoint],
        ["ecr", config.ecrEndpoint],
        ["eks", config.eksEndpoint],
      ] as const
    ).flatMap(([service, url]) => (url === undefined ? [] : [[service, url]])),
  );

export const issueSession = async (session: Session, target: Wanted, region: string, call: Call) => {
  const { keys, expiresAt } = await mintFor(session, target, call);
  const endpoints = endpointsOf(session);
  return {
    kind: "aws-session" as const,
    credential: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...(keys.sessionToken && { sessionToken: keys.sessionToken }),
      region,
      ...(session.account !== "" && { accountId: session.account }),
      ...(Object.keys(endpoints).length > 0 && { endpoints }),
    },
    expiresAt,
  };
};
