/** One check of a secret store, and how values are compared. */
import type { AnyStore, StoreBench } from "./bench.ts";

export type StoreCheck = {
  readonly name: string;
  /** Needs `read`: left out for a store that only writes. */
  readonly readable?: true;
  run(bench: StoreBench, store: AnyStore): Promise<void>;
};

const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
    : value;
/** Alike, in whatever order. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
