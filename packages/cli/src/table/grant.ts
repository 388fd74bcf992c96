/** `keywright grant …`, `run` and the helpers that other programs call. */
import type { Command } from "../command-table.ts";
import { access, connector, resourceId, resourceType, reveal, selectors, ttl } from "./shared.ts";

const grantId = { name: "ID", description: "id of the grant" };

export const grantCommands: readonly Command[] = [
  {
    words: ["grant", "issue"],
    summary: "Take a short-lived credential for one resource",
    arguments: [],
    options: [
      connector,
      ...selectors,
      { name: "kind", value: "KIND", description: "Credential kind, where there are several." },
      { name: "purpose", value: "TEXT", description: "Why; the audit keeps it." },
      reveal,
    ],
    examples: [
      "grant issue --connector prod -r s3-bucket --resource-id models",
      "grant issue --connector prod -r s3-bucket --resource-id models --access write --ttl 15m --json --reveal",
    ],
    load: () => import("../commands/grant-issue.ts"),
  },
  {
    words: ["grant", "list"],
    summary: "Grants that were issued",
    arguments: [],
    options: [
      connector,
      { name: "status", value: "STATUS", description: "active, pending, dropped, revoked or failed." },
      { name: "limit", value: "N", description: "At most so many, newest first; 100 when left out." },
    ],
    examples: ["grant list", "grant list --connector prod --status active"],
    load: () => import("../commands/grant-list.ts"),
  },
  {
    words: ["grant", "describe"],
    summary: "A grant: its reach, its end, who took it",
    arguments: [grantId],
    options: [],
    examples: ["grant describe 019a…"],
    load: () => import("../commands/grant-describe.ts"),
  },
  {
    words: ["grant", "revoke"],
    summary: "End a grant, and say until when it may still work",
    arguments: [grantId],
    options: [],
    examples: ["grant revoke 019a…"],
    load: () => import("../commands/grant-revoke.ts"),
  },
  {
    words: ["run"],
    summary: "Run a program with a credential that renews itself",
    arguments: [],
    options: [
      connector,
      ...selectors,
      { name: "static", description: "Plain variables instead of an endpoint; they end with the grant." },
    ],
    examples: ["run --connector prod -r s3-bucket --resource-id models -- aws s3 ls s3://models"],
    rest: "COMMAND [ARGUMENT]…",
    load: () => import("../commands/run.ts"),
  },
  {
    words: ["credential-process"],
    summary: "Print a credential as AWS clients expect of credential_process",
    arguments: [],
    options: [connector, resourceType, resourceId, access, ttl],
    examples: ["credential-process --connector prod -r s3-bucket --resource-id models"],
    load: () => import("../commands/credential-process.ts"),
  },
  {
    words: ["docker-credential"],
    summary: "Docker's credential helper protocol",
    arguments: [{ name: "ACTION", description: "get, store, erase or list" }],
    options: [],
    examples: [],
    hidden: true,
    load: () => import("../commands/docker-credential.ts"),
  },
  {
    words: ["kubernetes-exec"],
    summary: "Kubernetes' exec credential protocol",
    arguments: [],
    options: [connector, resourceType, resourceId, access, ttl],
    examples: [],
    hidden: true,
    load: () => import("../commands/kubernetes-exec.ts"),
  },
];
