/** Every operation of a pair, as one table: what faults, deadlines and leaks are tried on. */
import { type Check, KeywrightError } from "@keywright/core";
import { collect, type Station } from "./bench.ts";

export type Step = {
  readonly name: "open" | "list" | "verify" | "issue" | "revoke";
  /** Makes its call with the signal; resolves to what it told. */
  run(station: Station, signal?: AbortSignal): Promise<unknown>;
};

const callOf = (station: Station, signal?: AbortSignal) => station.call(signal ? { signal } : {});
const firstTarget = (station: Station) => station.target(station.cells[0]?.access ?? "read");
/** A failed check counts as the failure it reports. */
const orThrow = (checks: readonly Check[]): readonly Check[] => {
  for (const one of checks)
    if (!one.ok)
      throw new KeywrightError(one.code, one.detail, { hint: one.fix, retryable: one.code.startsWith("provider-") });
  return checks;
};

export const stepsOf = ({
  list,
  revocable,
}: {
  readonly list: unknown;
  readonly revocable: boolean;
}): readonly Step[] => [
  { name: "open", run: (station, signal) => station.open(callOf(station, signal)) },
  ...(list === null
    ? []
    : [
        {
          name: "list" as const,
          run: (station: Station, signal?: AbortSignal) => {
            const call = callOf(station, signal);
            const { implemented, opened } = station;
            return station.run(call, async () =>
              implemented.list ? collect(implemented.list(opened.session, call)) : [],
            );
          },
        },
      ]),
  {
    name: "verify",
    run: (station, signal) => {
      const call = callOf(station, signal);
      const { implemented, opened } = station;
      return station.run(call, async () =>
        orThrow(await collect(implemented.verify(opened.session, firstTarget(station), call))),
      );
    },
  },
  { name: "issue", run: (station, signal) => station.issue(firstTarget(station), callOf(station, signal)) },
  ...(revocable
    ? [
        {
          name: "revoke" as const,
          run: (station: Station, signal?: AbortSignal) => {
            const call = callOf(station, signal);
            const { implemented, opened } = station;
            return station.run(call, async () =>
              implemented.revoke?.(opened.session, firstTarget(station), null, call),
            );
          },
        },
      ]
    : []),
];
