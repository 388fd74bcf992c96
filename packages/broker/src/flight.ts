/** Single flight, in this process and across processes: N equal requests make one mint. */
import { type ErrorCode, KeywrightError } from "@keywright/core";
import type { Context } from "./context.ts";
import { isAlive, newId } from "./ids.ts";
import { type IssueOptions, issueSeconds, mint } from "./mint.ts";
import type { Plan } from "./plan.ts";
import { asOurs } from "./sessions.ts";
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
        const { code, message, hint } = JSON.parse(flight.failure) as {
          code: ErrorCode;
          message: string;
          hint?: string;
        };
        return new KeywrightError(code, message, hint === undefined ? {} : { hint });
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
    options.signal?.throwIfAborted();
  }
  const mine = () => from.updateTable("flights").where("cache_key", "=", cacheKey).where("owner", "=", me);
  const beat = setInterval(() => void run(context.state, mine().set({ until: Date.now() + flightMs })), flightMs / 3);
  try {
    await mint(context, row, plan, cacheKey, options);
    run(context.state, mine().set({ owner: null, until: 0 }));
  } catch (error) {
    const ours = asOurs(error, "Issuing");
    run(
      context.state,
      mine().set({
        owner: null,
        until: 0,
        failed_at: Date.now(),
        failure: JSON.stringify({ code: ours.code, message: ours.message, hint: ours.hint }),
      }),
    );
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

const inFlight = new Map<string, Promise<void>>();
/** Callers of this process share one flight. */
export const flyTogether = (
  context: Context,
  row: ConnectorRow,
  plan: Plan,
  cacheKey: string,
  options: IssueOptions,
): Promise<void> => {
  const key = `${context.state.directory} ${cacheKey}`;
  const flight = inFlight.get(key) ?? fly(context, row, plan, cacheKey, options).finally(() => inFlight.delete(key));
  inFlight.set(key, flight);
  return flight;
};
