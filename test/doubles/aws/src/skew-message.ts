import { isoSeconds } from "./clock.ts";
import type { FailureFacts } from "./service.ts";
import { instantOf } from "./sigv4.ts";

const stamp = (milliseconds: number): string => isoSeconds(new Date(milliseconds)).replace(/[-:]/g, "");

/** How STS and the JSON services word a request whose date is off; SDKs read the clock difference out of it. */
export const skewMessage = ({ signature, state }: FailureFacts): string => {
  const now = state.clock.now().getTime();
  const skew = state.skewSeconds * 1000;
  const minutes = `${Math.round(state.skewSeconds / 60)} min.`;
  return instantOf(signature?.timestamp ?? "") > now
    ? `Signature not yet current: ${signature?.timestamp} is still later than ${stamp(now + skew)} (${stamp(now)} + ${minutes})`
    : `Signature expired: ${signature?.timestamp} is now earlier than ${stamp(now - skew)} (${stamp(now)} - ${minutes})`;
};
