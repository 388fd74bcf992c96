/** What goes wrong on demand: a fault answers in the place of Fable for the requests it matches. */

export type FaultKind =
  | "unreachable"
  | "hang"
  | "throttled"
  | "forbidden"
  | "expired"
  | "rejected"
  | "server-error"
  | "garbage"
  | "slow";

export type Fault = {
  readonly how: FaultKind;
  readonly method?: string;
  /** The path begins with this; absent: every path. */
  readonly path?: string;
  /** How many requests it meets; absent: all until it is undone. */
  readonly times?: number;
};

export const createFaults = () => {
  const active = new Set<{ readonly fault: Fault; left: number }>();
  return {
    add: (fault: Fault): (() => void) => {
      const one = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      active.add(one);
      return () => void active.delete(one);
    },
    /** The fault that this request meets; the one set last wins. */
    meet: (method: string, path: string): FaultKind | null => {
      const found = [...active].findLast(
        ({ fault, left }) =>
          left > 0 &&
          (fault.method === undefined || fault.method === method) &&
          (fault.path === undefined || path.startsWith(fault.path)),
      );
      if (!found) return null;
      found.left -= 1;
      return found.fault.how;
    },
  };
};
