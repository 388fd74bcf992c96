import { parseOperator } from "./policy-condition.ts";
import { list, type PolicyDocument } from "./policy.ts";
import { Refusal } from "./wire.ts";

const STATEMENT_KEYS = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);

const malformed = (message: string): Refusal => new Refusal("MalformedPolicyDocument", message);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const texts = (value: unknown): string[] | undefined => {
  const values = list(value);
  return values.length > 0 && values.every((item) => typeof item === "string") ? (values as string[]) : undefined;
};

/** What is wrong with one statement of a session policy, if anything. */
const complaint = (statement: unknown): string | undefined => {
  if (!isRecord(statement)) return "Syntax errors in policy.";
  const unknown = Object.keys(statement).some((key) => !STATEMENT_KEYS.has(key));
  if (unknown || !["Allow", "Deny"].includes(String(statement["Effect"]))) return "Syntax errors in policy.";
  if ("Principal" in statement || "NotPrincipal" in statement) return "Policy document should not specify a principal.";
  const actions = texts(statement["Action"] ?? statement["NotAction"]);
  if (actions === undefined) return "Policy statement must contain actions.";
  if (actions.some((action) => !/^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/.test(action))) {
    return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
  }
  const resources = texts(statement["Resource"] ?? statement["NotResource"]);
  if (resources === undefined) return "Policy statement must contain resources.";
  const wrong = resources.find((resource) => resource !== "*" && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+/.test(resource));
  if (wrong !== undefined) return `Resource ${wrong} must be in ARN format or "*".`;
  const conditions = statement["Condition"] ?? {};
  if (!isRecord(conditions)) return "Syntax errors in policy.";
  const operator = Object.keys(conditions).find((name) => parseOperator(name) === undefined);
  return operator === undefined ? undefined : `Invalid Condition type : ${operator}.`;
};

/** A session policy from the text of a request, held to the grammar as STS holds it. */
export const parseSessionPolicy = (text: string): PolicyDocument => {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (!isRecord(document)) throw malformed("Syntax errors in policy.");
  const version = document["Version"];
  if (version !== undefined && version !== "2012-10-17" && version !== "2008-10-17") {
    throw malformed("The policy must contain a valid version string");
  }
  const unknown = Object.keys(document).some((key) => !["Version", "Id", "Statement"].includes(key));
  const statements = list(document["Statement"]);
  if (unknown || statements.length === 0) throw malformed("Syntax errors in policy.");
  for (const statement of statements) {
    const problem = complaint(statement);
    if (problem !== undefined) throw malformed(problem);
  }
  return document as unknown as PolicyDocument;
};
