/** Fable as a cloud to test a plugin against. */
import { type Fable, type FableOptions, startFable } from "../fable/index.ts";
import type { TestCloud } from "./test-cloud.ts";

export type FableCloud = TestCloud & { readonly fable: Fable };

export const fableCloud = async (options: FableOptions = {}): Promise<FableCloud> => {
  const fable = await startFable(options);
  return {
    fable,
    hosts: [fable.host],
    clock: "still",
    now: () => fable.clock.now(),
    advance: (seconds) => fable.clock.advance(seconds),
    fault: (how) => fable.fail({ how }),
    requests: () => fable.requests,
    close: () => fable.close(),
  };
};
