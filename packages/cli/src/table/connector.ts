/** `keywright connector …` */
import type { Argument, Command, Option } from "../command-table.ts";
import { access, resourceId, resourceType, selectors } from "./shared.ts";

const name: Argument = { name: "NAME", description: "name or id of the connector" };
const type: Option = { name: "type", short: "t", value: "TYPE", description: "Connector type, for example aws." };
const label: Option = { name: "label", value: "KEY=VALUE", description: "A label; may be repeated.", repeatable: true };
const method: Option = {
  name: "auth-method",
  short: "a",
  value: "METHOD",
  description: "How to authenticate, for example iam-role.",
};
const set: Option = {
  name: "set",
  value: "KEY=VALUE",
  description: "A field of the type or method, as is --KEY=VALUE; may be repeated.",
  repeatable: true,
};
const noVerify: Option = { name: "no-verify", description: "Save without asking the provider." };
const settings: readonly Option[] = [
  { ...resourceType, description: "Limit it to this resource type; may be repeated.", repeatable: true },
  { ...resourceId, description: "Limit it to this one resource." },
  label,
  set,
  { name: "description", value: "TEXT", description: "What it is for." },
  { name: "expires-at", value: "TIME", description: "When the given credential itself ends, with a zone." },
  { name: "skew", value: "DURATION", description: "How long before that it is no longer used; 5m when left out." },
  { name: "lifetime", value: "DURATION", description: "Longest life of its grants: 15m, 1h." },
  { name: "allow-unconfined", description: "Grants may reach wider than asked, where the method cannot narrow." },
  { name: "allow-main-credential", description: "The stored credential itself may leave." },
  {
    name: "allow-endpoint",
    value: "HOST[:PORT]",
    description: "An address it may dial beside the provider's own; may be repeated.",
    repeatable: true,
  },
  {
    name: "allow-command",
    value: "COMMAND",
    description: "A program that it may run, word for word; may be repeated.",
    repeatable: true,
  },
  noVerify,
];

export const connectorCommands: readonly Command[] = [
  {
    words: ["connector", "list-types"],
    summary: "What there is to connect to",
    arguments: [],
    options: [type],
    examples: ["connector list-types", "connector list-types --json"],
    load: () => import("../commands/list-types.ts"),
  },
  {
    words: ["connector", "describe-type"],
    summary: "Methods, fields, resources, permissions and confinement of a type",
    arguments: [{ name: "TYPE", description: "connector type, for example aws" }],
    options: [resourceType, method],
    examples: [
      "connector describe-type aws",
      "connector describe-type aws -a iam-role",
      "connector describe-type aws -r s3-bucket",
    ],
    load: () => import("../commands/describe-type.ts"),
  },
  {
    words: ["connector", "register"],
    summary: "Verify a connector and save it",
    arguments: [{ name: "NAME", description: "what to call it", optional: true }],
    options: [
      type,
      method,
      ...settings,
      { name: "auto-configure", description: "Take what this machine's environment, files and metadata offer." },
      { name: "interactive", short: "i", description: "Ask for everything, step by step." },
      { name: "answers", value: "FILE", description: "Take what the wizard would ask for from a JSON or YAML file." },
    ],
    examples: [
      "connector register -i",
      "connector register prod --type aws --auto-configure",
      "connector register prod --answers prod.yaml",
      "connector register prod --type aws --auth-method iam-role --region=eu-central-1 --role-arn=arn:aws:iam::123456789012:role/keywright --access-key-id=env:AWS_ACCESS_KEY_ID --secret-access-key=env:AWS_SECRET_ACCESS_KEY",
    ],
    fields: true,
    load: () => import("../commands/register.ts"),
  },
  {
    words: ["connector", "list"],
    summary: "Registered connectors",
    arguments: [],
    options: [
      type,
      resourceType,
      resourceId,
      label,
      { name: "name", value: "NAME", description: "This one, or with a * at its end all that begin so." },
    ],
    examples: ["connector list", "connector list --resource-id s3://models", "connector list --label team=ml"],
    load: () => import("../commands/list.ts"),
  },
  {
    words: ["connector", "describe"],
    summary: "A connector, or the grant that would come of it",
    arguments: [name],
    options: [
      ...selectors,
      { name: "permissions", description: "Show what its identity must be allowed, ready to paste." },
    ],
    examples: ["connector describe prod", "connector describe prod -r s3-bucket --resource-id models --access write"],
    load: () => import("../commands/describe.ts"),
  },
  {
    words: ["connector", "verify"],
    summary: "Check identity, reachability, permissions and resources",
    arguments: [name],
    options: [resourceType, resourceId],
    examples: ["connector verify prod", "connector verify prod -r s3-bucket --resource-id models"],
    load: () => import("../commands/verify.ts"),
  },
  {
    words: ["connector", "list-resources"],
    summary: "What connectors reach",
    arguments: [{ ...name, optional: true }],
    options: [resourceType, type, label],
    examples: ["connector list-resources", "connector list-resources prod -r s3-bucket"],
    load: () => import("../commands/list-resources.ts"),
  },
  {
    words: ["connector", "update"],
    summary: "Change a connector's settings",
    arguments: [name],
    options: [
      method,
      ...settings,
      {
        name: "unset",
        value: "FIELD",
        description: "Remove a configuration field; may be repeated.",
        repeatable: true,
      },
      { name: "rename", value: "NAME", description: "Give it another name; its id stays." },
      { name: "no-resource-id", description: "No longer limit it to one resource." },
      { name: "no-lifetime", description: "No longer limit the life of its grants." },
      { name: "no-expires-at", description: "The stored credential does not end by itself." },
      { name: "no-allow-unconfined", description: "Take --allow-unconfined back." },
      { name: "no-allow-main-credential", description: "Take --allow-main-credential back." },
      { name: "forbid-endpoint", value: "HOST[:PORT]", description: "Take --allow-endpoint back.", repeatable: true },
      { name: "forbid-command", value: "COMMAND", description: "Take --allow-command back.", repeatable: true },
    ],
    examples: ["connector update prod --region=eu-west-1", "connector update prod --label team=ml --lifetime 1h"],
    fields: true,
    load: () => import("../commands/update.ts"),
  },
  {
    words: ["connector", "rotate"],
    summary: "Replace a connector's credential under the same id",
    arguments: [name],
    options: [
      set,
      {
        name: "overlap",
        value: "DURATION",
        description: "How long the old one is kept for --rollback; 0 when left out.",
      },
      { name: "rollback", description: "Go back to the credential before." },
      { name: "expires-at", value: "TIME", description: "When the new credential itself ends, with a zone." },
      noVerify,
    ],
    examples: [
      "connector rotate prod --access-key-id=env:NEW_ID --secret-access-key=@new-key --overlap 1h",
      "connector rotate prod --rollback",
    ],
    fields: true,
    load: () => import("../commands/rotate.ts"),
  },
  {
    words: ["connector", "delete"],
    summary: "Remove a connector and its credentials",
    arguments: [name],
    options: [{ name: "yes", short: "y", description: "Do not ask." }],
    examples: ["connector delete prod --yes"],
    load: () => import("../commands/delete.ts"),
  },
  {
    words: ["connector", "authenticate"],
    summary: "Repeat the dialogue that a method needs: MFA, device code",
    arguments: [name],
    options: [noVerify],
    examples: ["connector authenticate prod"],
    load: () => import("../commands/authenticate.ts"),
  },
  {
    words: ["connector", "login"],
    summary: "Set up this machine's own clients: AWS profile, docker helper, kubeconfig",
    arguments: [name],
    options: [
      ...selectors,
      { name: "profile", value: "NAME", description: "Name of the AWS profile to write." },
      { name: "context", value: "NAME", description: "Name of the kubeconfig context to write." },
    ],
    examples: [
      "connector login prod -r s3-bucket --resource-id models --profile models",
      "connector login prod -r docker-registry",
    ],
    load: () => import("../commands/login.ts"),
  },
  {
    words: ["connector", "logout"],
    summary: "Undo connector login",
    arguments: [name],
    options: [
      resourceType,
      resourceId,
      access,
      { name: "profile", value: "NAME", description: "Name of the AWS profile that was written." },
      { name: "context", value: "NAME", description: "Name of the kubeconfig context that was written." },
    ],
    examples: ["connector logout prod --profile models"],
    load: () => import("../commands/logout.ts"),
  },
];
