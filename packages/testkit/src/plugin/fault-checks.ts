/** What a plugin makes of a cloud that fails: a code that every caller knows, and an end in time. */
import { setTimeout as wait } from "node:timers/promises";
import { type ErrorCode, KeywrightError, type Offer, type Plugin } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { CloudFault, TestCloud } from "../harness/test-cloud.ts";
import { connectorOf, type Station, withStation } from "./bench.ts";
import { ensure, failureOf, named } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";
import { type Step, stepsOf } from "./steps.ts";

type Row = {
  readonly fault: Exclude<CloudFault, "hang">;
  readonly codes: readonly ErrorCode[];
  readonly retryable?: true;
  readonly why: string;
};
const table: readonly Row[] = [
  { fault: "unreachable", codes: ["provider-unavailable"], retryable: true, why: "nobody answered" },
  { fault: "throttled", codes: ["provider-throttled"], retryable: true, why: "the cloud asks for patience" },
  { fault: "forbidden", codes: ["access-denied"], why: "the cloud said no: that is not an empty answer" },
  {
    fault: "expired",
    codes: ["expired", "reauthentication-required"],
    why: "what expired was not denied: a new one helps",
  },
  { fault: "rejected", codes: ["credential-rejected"], why: "the cloud does not know the credential" },
  { fault: "server-error", codes: ["provider-unavailable"], retryable: true, why: "it may work in a minute" },
  {
    fault: "garbage",
    codes: ["unexpected-answer", "provider-unavailable"],
    why: "what answered is not the cloud's API",
  },
];

const tryFault = async (
  where: string,
  station: Station,
  step: Step,
  { fault, codes, retryable, why }: Row,
): Promise<void> => {
  const undo = station.cloud.fault(fault);
  const before = station.cloud.requests().length;
  const error = await failureOf(() => step.run(station));
  undo();
  // An operation that asks the cloud nothing cannot notice.
  if (error === undefined && station.cloud.requests().length === before) return;
  const here = `${where}: ${step.name} with a cloud that is ${fault}`;
  ensure(error !== undefined, `${here} succeeds. Throw ${codes[0]}: ${why}.`);
  ensure(
    KeywrightError.is(error) && codes.includes(error.code),
    `${here} ends with ${named(error)}, not ${codes.join(" or ")}: ${why}. Map it in the errors table.`,
  );
  ensure(error.hint, `${here} ends with ${error.code} and no hint. Say what to do next.`);
  if (retryable)
    ensure(
      error.retryable,
      `${here} ends with a ${error.code} that is not retryable. Set retryable: true, because ${why}.`,
    );
};

const hang = async (
  where: string,
  station: Station,
  step: Step,
  limit: number,
  how: "abort" | "deadline",
): Promise<void> => {
  const undo = station.cloud.fault("hang");
  const before = station.cloud.requests().length;
  const controller = new AbortController();
  const signal = controller.signal;
  const end: { at: number | null } = { at: null };
  const ended = failureOf(() => step.run(station, signal)).then((error) => {
    end.at = performance.now();
    return error;
  });
  // Not before it is under way; a cloud may note a request only once it has answered it.
  for (let waited = 0; end.at === null && waited < 100 && station.cloud.requests().length === before; waited += 5)
    await wait(5);
  const pending = end.at === null;
  const at = performance.now();
  controller.abort(how === "abort" ? undefined : new DOMException("The time is over.", "TimeoutError"));
  await Promise.race([ended, wait(limit + 400)]);
  undo();
  if (!pending) return;
  const took = (end.at ?? Number.POSITIVE_INFINITY) - at;
  ensure(
    took <= limit,
    `${where}: ${step.name} goes on ${Number.isFinite(took) ? `${Math.round(took)} ms` : "for good"} after its signal aborted; ${limit} ms are allowed. Pass call.signal to every request and wait.`,
  );
  const error = await ended;
  const code = how === "abort" ? "cancelled" : "deadline-exceeded";
  ensure(error !== undefined, `${where}: ${step.name} succeeds after its signal aborted. Let the abort through.`);
  ensure(
    !KeywrightError.is(error) || error.code === code,
    `${where}: ${step.name} calls its own ${how} ${named(error)}. Let an AbortError or TimeoutError through as it is; the host names it ${code}.`,
  );
};

export const faultChecks = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  at: readonly [method: string, resource: string],
): RunnableCheck[] => {
  const where = at.join(" × ");
  const offer = connectorOf(plugin, options).type.resources.find((one: Offer) => one.type.id === at[1]);
  const steps = offer ? stepsOf(offer) : [];
  const limit = options.abortWithin ?? 100;
  const check = (what: string, body: (station: Station) => Promise<void>): RunnableCheck => ({
    name: `${where}: ${what}`,
    run: () => withStation(plugin, options, at, body),
  });
  return [
    ...table.flatMap((row) =>
      steps.map((step) => check(`${step.name} when ${row.fault}`, (station) => tryFault(where, station, step, row))),
    ),
    ...steps.flatMap((step) =>
      (["abort", "deadline"] as const).map((how) =>
        check(`${step.name} stops at its ${how}`, (station) => hang(where, station, step, limit, how)),
      ),
    ),
  ];
};
/** The same for secret stores. */
export { table as faultTable };
