/** What `testSecretStore` must be told about a store, because no declaration says it. */
import type { Call } from "@keywright/core";
import type { Runner, Skips } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";

type Values = Readonly<Record<string, unknown>>;

/** A backend that holds nothing yet, and a store of it as an operator would register it. */
export type StoreWorld = {
  /** Left out for a store without a network: its failures are then its own to test. */
  readonly cloud?: TestCloud;
  /** As written in a form. */
  readonly config: Values;
  /** Another store on the same backend that must see nothing of the first: another prefix, another folder. */
  readonly other?: Values;
  /** What the connector would grant, for a store that is reached through one. */
  readonly grant?: (call: Call) => Promise<Values>;
  /** Credentials of the store itself, which nothing may show. */
  readonly secrets?: readonly string[];
  close(): Promise<void> | void;
};
export type StoreTestOptions = {
  /** `{ describe, it }` of vitest or of node:test. */
  readonly runner: Runner;
  /** Folder of the plugin's package; left out, nothing is checked that needs its files. */
  readonly directory?: URL | string;
  /** The entry to import, below `directory`; default `src/index.ts`. */
  readonly entry?: string;
  /** A fresh backend: each check has one to itself. */
  readonly world: () => Promise<StoreWorld>;
  /** How many writers race for one secret; default 100. */
  readonly writers?: number;
  /** How many secrets a list is tried on: more than three pages of the backend; default 13. */
  readonly listed?: number;
  /** Checks to leave out, each with its reason: printed, never silent. */
  readonly skip?: Skips;
  /** Milliseconds a call may go on after its signal aborted; default 100. */
  readonly abortWithin?: number;
};
