/** Single flight, in this process and across processes: N equal requests make one mint. */
import { type ErrorCode, KeywrightError } from "@keywright/core";
import type { Context } from "./context.ts";
import { isAlive, newId } from "./ids.ts";
import { type IssueOptions, issueSeconds, mint } from "./mint.ts";
import type { Plan } from "./plan.ts";
import { aborted, asOurs } from "./sessions.ts";
import { transaction } from "./state.ts";
import { type ConnectorRow, from, one, run } from "./tables.ts";

/** A flight whose owner gives no sign of life for so long is taken over. */
const flightMs = 6_000;
const pollMs = 25;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lands when the key is cached. The first process mints; the others wait for it, and fail as it failed. */
const fly = async (
  context: Context,
  row: ConnectorRow,
  plan: Plan,
  cacheKey: string,
  options: IssueOptions,
): Promise<void> => {
  const since = Date.now();
  const giveUp = since + (options.seconds ?? issueSeconds) * 1000;
  const me = `${process.pid}:${newId()}`;
  for (;;) {
    const turn = transaction(context.state, (): "mine" | "landed" | "wait" | KeywrightError => {
      if (isCached(context, cacheKey)) return "landed";
      const flight = one(context.state, from.selectFrom("flights").selectAll().where("cache_key", "=", cacheKey));
      if (flight?.failed_at != null && flight.failed_at >= since && flight.failure !== null) {
        const { code, message, hint, retryable } = JSON.parse(flight.failure) as {
          code: ErrorCode;
          message: string;
          hint?: string;
          retryable?: boolean;
        };
        return new KeywrightError(code, message, {
          ...(hint !== undefined && { hint }),
          ...(retryable !== undefined && { retryable }),
        });
      }
      // A flight ends with its process, or when it gives no sign of life.
      if (flight?.owner != null && flight.until > Date.now() && isAlive(Number.parseInt(flight.owner, 10)))
        return "wait";
      const next = { cache_key: cacheKey, owner: me, until: Date.now() + flightMs, failed_at: null, failure: null };
      run(
        context.state,
        from
          .insertInto("flights")
          .values(next)
          .onConflict((on) => on.column("cache_key").doUpdateSet(next)),
      );
      return "mine";
    });
    if (turn === "landed") return;
    if (KeywrightError.is(turn)) throw turn;
    if (turn === "mine") break;
    if (Date.now() > giveUp)
      throw new KeywrightError("deadline-exceeded", "Another process is minting this and did not finish in time.", {
        hint: "Try again.",
        retryable: true,
      });
    await sleep(pollMs + Math.random() * pollMs);
    if (options.signal?.aborted) throw aborted(options.signal);
  }
  const mine = () => from.updateTable("flights").where("cache_key", "=", cacheKey).where("owner", "=", me);
  const beat = setInterval(() => void run(context.state, mine().set({ until: Date.now() + flightMs })), flightMs / 3);
  try {
    await mint(context, row, plan, cacheKey, options);
    run(context.state, mine().set({ owner: null, until: 0 }));
  } catch (error) {
    const ours = asOurs(error, "Issuing");
    // That its callers went away says nothing about the provider: whoever still waits mints.
    const failed =
      options.signal?.aborted === true
        ? {}
        : {
            failed_at: Date.now(),
            failure: JSON.stringify({
              code: ours.code,
              message: ours.message,
              hint: ours.hint,
              retryable: ours.retryable,
            }),
          };
    run(context.state, mine().set({ owner: null, until: 0, ...failed }));
    throw ours;
  } finally {
    clearInterval(beat);
  }
};
const isCached = (context: Context, cacheKey: string): boolean =>
  one(
    context.state,
    from
      .selectFrom("grants")
      .select("id")
      .where("cache_key", "=", cacheKey)
      .where("status", "=", "active")
      .where((is) => is.or([is("refresh_after", "is", null), is("refresh_after", ">", context.now())])),
  ) !== null;

type Shared = { readonly landed: Promise<void>; readonly stop: AbortController; callers: number };
const inFlight = new Map<string, Shared>();
/** Callers of this process share one flight. Each leaves it by its own signal and deadline; the last one ends it. */
export const flyTogether = async (
  context: Context,
  row: ConnectorRow,
  plan: Plan,
  cacheKey: string,
  options: IssueOptions,
): Promise<void> => {
  const seconds = options.seconds ?? issueSeconds;
  const deadline = AbortSignal.timeout(seconds * 1000);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  if (signal.aborted) throw aborted(signal);
  const key = `${context.state.directory} ${cacheKey}`;
  let shared = inFlight.get(key);
  if (!shared) {
    const stop = new AbortController();
    // A little longer than any caller waits by default, so that it is the callers who give up.
    const flown = { ...options, signal: stop.signal, seconds: Math.max(seconds, issueSeconds) + 1 };
    const made: Shared = { stop, callers: 0, landed: fly(context, row, plan, cacheKey, flown) };
    const done = () => void (inFlight.get(key) === made && inFlight.delete(key));
    made.landed.then(done, done);
    inFlight.set(key, made);
    shared = made;
  }
  const flight = shared;
  flight.callers += 1;
  let leave = () => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => {
      flight.callers -= 1;
      if (flight.callers > 0) return reject(aborted(signal));
      if (inFlight.get(key) === flight) inFlight.delete(key);
      flight.stop.abort(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    await Promise.race([flight.landed, left]);
  } finally {
    signal.removeEventListener("abort", leave);
    if (!signal.aborted) flight.callers -= 1;
  }
};
