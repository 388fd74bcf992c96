import { BlockList, isIP } from "node:net";
import { contextValues, equals, matches, type Context } from "./policy-pattern.ts";

type Scalar = string | number | boolean;
export type ConditionBlock = Record<string, Record<string, Scalar | Scalar[]>>;

/** Does one value of the request meet one value of the policy? */
type Test = (policy: string, value: string, variables: Context | undefined) => boolean;

const lower =
  (test: Test): Test =>
  (policy, value, variables) =>
    test(policy.toLowerCase(), value.toLowerCase(), variables);

const compare =
  (parse: (text: string) => number, holds: (value: number, policy: number) => boolean): Test =>
  (policy, value) => {
    const [left, right] = [parse(value), parse(policy)];
    return !Number.isNaN(left) && !Number.isNaN(right) && holds(left, right);
  };

/** Instants are ISO 8601 or seconds since 1970. */
const instant = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const parts = (text: string): string[] => {
  const [a = "", b = "", c = "", d = "", e = "", ...rest] = text.replaceAll(/\$\{([^}]*)\}/g, protect).split(":");
  return [a, b, c, d, e, rest.join(":")].map(unprotect);
};

/** The six parts of an ARN are compared one by one, so that a `*` never reaches over a colon. */
const arn: Test = (policy, value, variables) => {
  const wanted = parts(policy);
  return parts(value).every((part, index) => matches(wanted[index] ?? "", part, variables));
};
const protect = (variable: string): string => variable.replaceAll(":", "\u0000");
const unprotect = (part: string): string => part.replaceAll("\u0000", ":");

const inNetwork: Test = (policy, value) => {
  const [address = "", prefix] = policy.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(value) !== family) return false;
  const name = family === 6 ? "ipv6" : "ipv4";
  const network = new BlockList();
  network.addSubnet(address, prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix), name);
  return network.check(value, name);
};

/** Operators in their positive form; `Not` operators negate the same test. */
const TESTS: Record<string, Test> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: lower(equals),
  StringLike: matches,
  NumericEquals: compare(Number, (value, policy) => value === policy),
  NumericLessThan: compare(Number, (value, policy) => value < policy),
  NumericLessThanEquals: compare(Number, (value, policy) => value <= policy),
  NumericGreaterThan: compare(Number, (value, policy) => value > policy),
  NumericGreaterThanEquals: compare(Number, (value, policy) => value >= policy),
  DateEquals: compare(instant, (value, policy) => value === policy),
  DateLessThan: compare(instant, (value, policy) => value < policy),
  DateLessThanEquals: compare(instant, (value, policy) => value <= policy),
  DateGreaterThan: compare(instant, (value, policy) => value > policy),
  DateGreaterThanEquals: compare(instant, (value, policy) => value >= policy),
  Bool: lower((policy, value) => policy === value),
  BinaryEquals: (policy, value) => policy === value,
  IpAddress: inNetwork,
  ArnEquals: arn,
  ArnLike: arn,
};

const NEGATED: Record<string, string> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
  NotIpAddress: "IpAddress",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
};

interface Operator {
  set?: "ForAllValues" | "ForAnyValue";
  test: Test;
  negated: boolean;
  ifExists: boolean;
}

/** Reads `ForAnyValue:StringNotLikeIfExists` and its like; undefined for an operator that IAM does not have. */
export const parseOperator = (text: string): Operator | "Null" | undefined => {
  const [, set, name = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text) ?? [];
  if (name === "Null") return "Null";
  const test = TESTS[NEGATED[name] ?? name];
  if (test === undefined) return undefined;
  return {
    test,
    negated: name in NEGATED,
    ifExists: ifExists !== undefined,
    ...(set === "ForAllValues" || set === "ForAnyValue" ? { set } : {}),
  };
};

const holds = (
  name: string,
  key: string,
  policy: readonly string[],
  context: Context,
  variables?: Context,
): boolean => {
  const operator = parseOperator(name);
  const values = contextValues(context, key);
  if (operator === undefined) return false;
  if (operator === "Null") return policy.some((text) => (text === "true") === (values === undefined));
  const { set, test, negated, ifExists } = operator;
  if (values === undefined || values.length === 0) {
    return ifExists || set === "ForAllValues" || (negated && set !== "ForAnyValue");
  }
  const meets = (value: string): boolean => policy.some((text) => test(text, value, variables)) !== negated;
  return set === "ForAllValues" || (negated && set === undefined) ? values.every(meets) : values.some(meets);
};

/** Every operator and every key must hold; of the values of one key, any may. */
export const conditionsHold = (block: ConditionBlock, context: Context, variables: Context | undefined): boolean =>
  Object.entries(block).every(([name, keys]) =>
    Object.entries(keys).every(([key, policy]) => holds(name, key, [policy].flat().map(String), context, variables)),
  );
