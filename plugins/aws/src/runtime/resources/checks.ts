/** A failed call as a check: what was tried, the code, the fix, and the rows that are missing. */
import { type Call, type Check, KeywrightError, type Permission } from "@keywright/core";

type Tried = { readonly step: Check["step"]; readonly tried: string; readonly needs: readonly Permission[] };

export const attempt = async (how: Tried, call: Call, work: () => Promise<string | undefined>): Promise<Check> => {
  const { step, tried, needs } = how;
  try {
    const detail = await work();
    return { step, tried, ok: true, ...(detail !== undefined && { detail }) };
  } catch (error) {
    if (call.signal.aborted || !KeywrightError.is(error)) throw error;
    const unreachable = error.code === "provider-unavailable" || error.code === "provider-throttled";
    const missing = error.code === "access-denied";
    return {
      step: unreachable ? "reachability" : error.code === "resource-not-found" ? "resource" : step,
      tried,
      ok: false,
      code: error.code,
      detail: error.message,
      fix: missing
        ? `Allow ${needs.flatMap((row) => row.actions).join(", ")} on ${needs.map((row) => row.on).join(", ")}.`
        : (error.hint ?? "Run it again with --debug."),
      ...(missing && { missing: needs }),
    };
  }
};
