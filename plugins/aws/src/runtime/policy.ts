/** Permission rows → a policy document: what narrows a session, and what an operator pastes. */
import { KeywrightError, type Permission } from "@keywright/core";

type Statement = {
  readonly Effect: "Allow";
  readonly Action: readonly string[] | string;
  readonly Resource: readonly string[] | string;
  readonly Condition?: { readonly StringLike: Readonly<Record<string, string>> };
};
const alone = (list: readonly string[]) => (list.length === 1 && list[0] !== undefined ? list[0] : list);

/** A row on one of AWS's own policies rather than on resources: `policy:ReadOnlyAccess`. */
const isManaged = ({ actions }: Permission) => actions.every((action) => action.startsWith("policy:"));

/** Rows of one resource and condition become one statement: the document has a size limit. */
const statementsOf = (rows: readonly Permission[]): Statement[] => {
  const grouped = new Map<string, { on: string; where: Permission["where"]; actions: Set<string> }>();
  for (const { actions, on, where } of rows) {
    const key = JSON.stringify([on, where ?? null]);
    const group = grouped.get(key) ?? { on, where, actions: new Set<string>() };
    for (const action of actions) group.actions.add(action);
    grouped.set(key, group);
  }
  return [...grouped.values()].map(({ on, where, actions }) => ({
    Effect: "Allow",
    Action: alone([...actions].toSorted()),
    Resource: on,
    ...(where && { Condition: { StringLike: where } }),
  }));
};

/** Inline and managed session policies together. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const sessionPolicyCharacters = 2048;

export type SessionPolicy = { readonly Policy?: string; readonly PolicyArns?: { arn: string }[] };
/**
 * Never empty: an absent policy gives a whole role, or nothing at all under federation. No spaces: some S3-compatible
 * stores do not read `+` in a form body.
 */
export const sessionPolicy = (rows: readonly Permission[]): SessionPolicy => {
  const managed = rows.filter(isManaged).map(({ on }) => ({ arn: on }));
  const statements = statementsOf(rows.filter((row) => !isManaged(row)));
  if (managed.length === 0 && statements.length === 0) {
    throw new KeywrightError("internal", "A session without any permission row was asked for.");
  }
  const allowsAll = statements.some(({ Action }) => Action === "*");
  const policy =
    statements.length > 0
      ? JSON.stringify({
          Version: "2012-10-17",
          Statement: allowsAll ? statements.filter(({ Action }) => Action === "*") : statements,
        })
      : undefined;
  const arns = allowsAll ? [] : managed;
  const size = (policy?.length ?? 0) + arns.reduce((sum, { arn }) => sum + arn.length, 0);
  if (size > sessionPolicyCharacters) {
    throw new KeywrightError(
      "scope-too-large",
      `The session policy has ${size} characters; AWS takes ${sessionPolicyCharacters}.`,
      {
        hint: "Ask for a shorter prefix or fewer resources in one grant.",
        data: { size, limit: sessionPolicyCharacters },
      },
    );
  }
  return { ...(policy !== undefined && { Policy: policy }), ...(arns.length > 0 && { PolicyArns: arns }) };
};

/** Ready to paste into the identity's policy. */
export const policyDocument = (rows: readonly Permission[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statementsOf(rows.filter((row) => !isManaged(row))) }, null, 2);
