/** What `testPlugin` must be told about a plugin, because no declaration says it. */
import type { Access } from "@keywright/core";
import type { Runner, Skips } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";

type Values = Readonly<Record<string, unknown>>;
/** How a request with an issued credential ended. */
export type Outcome = "allowed" | "refused" | "expired";

/** A connector as an operator would register it. */
export type MethodCase = {
  /** Id of the auth method, where the case has a name of its own (`secret-key with a role`). */
  readonly method?: string;
  /** The connector type's and the method's configuration together, as written in a form. */
  readonly config: Values;
  /** The main credential as text; `null` for a method that takes none. */
  readonly secret: Values | null;
  /** What the method's dialogue once yielded, for a method that has one. */
  readonly parent?: Values;
  /** A credential that the cloud does not accept; left out: the method has none to be wrong. */
  readonly wrongSecret?: Values;
  /** The code that a wrong secret ends with; default `credential-rejected`. */
  readonly wrongCode?: string;
  /** Another identity of the same cloud: two connectors must not share a session. */
  readonly other?: { readonly config: Values; readonly secret: Values | null };
};

/** A resource type, and how to see what a credential for it can do. */
export type ResourceCase = {
  /** An id that exists, in any spelling; `null` for an offer without ids. */
  readonly inside: string | null;
  /** Its neighbour, which a grant for `inside` must not reach. */
  readonly outside?: string;
  /** An id that fits and that does not exist. */
  readonly missing?: string;
  /** What a list must find: how many, the canonical id of the last, and in how many pages (more than one proves paging). */
  readonly listed?: { readonly count: number; readonly last: string; readonly pages: number };
  /** Does what this level is for at the resource, with the revealed fields of an issued credential. */
  attempt(credential: Readonly<Record<string, unknown>>, access: Access, resource: string | null): Promise<Outcome>;
};

export type PluginTestOptions<Cloud extends TestCloud = TestCloud> = {
  /** `{ describe, it }` of vitest or of node:test. */
  readonly runner: Runner;
  /** Folder of the plugin's package; left out, nothing is checked that needs its files. */
  readonly directory?: URL | string;
  /** The entry to import, below `directory`; default `src/index.ts`. */
  readonly entry?: string;
  /** Id of the connector type under test, where the plugin has several. */
  readonly connector?: string;
  /** A fresh cloud: each check has one to itself. */
  readonly cloud: () => Promise<Cloud>;
  /** By auth method id, or by a name of their own with `method`. */
  readonly methods: Readonly<Record<string, (cloud: Cloud) => MethodCase | Promise<MethodCase>>>;
  /** By resource type id. */
  readonly resources: Readonly<Record<string, (cloud: Cloud) => ResourceCase>>;
  /** Checks to leave out, each with its reason: printed, never silent. */
  readonly skip?: Skips;
  /** Milliseconds a call may go on after its signal aborted; default 100. */
  readonly abortWithin?: number;
};
