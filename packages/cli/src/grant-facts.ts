/** A grant as people read it. */
import type { Grant, GrantRecord } from "@keywright/broker";
import type { Context } from "./context.ts";
import { facts, moment, span, yes } from "./output.ts";

export const grantFacts = (context: Context, grant: Grant | GrantRecord): void =>
  facts(context, [
    ["Grant", grant.id],
    ["Status", "status" in grant ? grant.status : null],
    ["Connector", `${grant.connector} (${grant.authMethod})`],
    ["Resource", grant.resourceId === null ? grant.resourceType : `${grant.resourceType} ${grant.resourceId}`],
    ["Access", grant.access],
    ["Credential", grant.kind],
    ["Issued", moment(grant.issuedAt)],
    ["Ends", moment(grant.expiresAt) ?? "never by itself"],
    [
      "Lifetime",
      `${grant.lifetime.seconds === null ? "open" : span(grant.lifetime.seconds)}, decided by the ${grant.lifetime.decidedBy}`,
    ],
    [
      "Confined to",
      grant.confinement === null
        ? "nothing: as wide as the connector's identity"
        : `${grant.confinement.to}, by ${grant.confinement.by}`,
    ],
    ["Stored credential", grant.mainCredential ? "yes: this is the stored credential itself" : null],
    ["Revocable", yes(grant.revocable)],
    [
      "At the provider",
      grant.outlives === null ? null : `it works until ${moment(grant.outlives) ?? ""}, whatever we say`,
    ],
    ["Caller", "caller" in grant ? grant.caller : null],
  ]);
/** What a record is in JSON: dates as ISO text, `outlives` under a name that says what it is. */
export const grantDocument = <G extends Grant | GrantRecord>({ outlives, ...grant }: G) => ({
  ...grant,
  outlivesAt: outlives,
});
