/** Assertions that end in a sentence for the plugin's author. */
import { KeywrightError } from "@keywright/core";

/** What is wrong in this plugin, what to change, and why. */
export class ConformanceFailure extends Error {
  override readonly name = "ConformanceFailure";
}
export function ensure(holds: unknown, message: string): asserts holds {
  if (!holds) throw new ConformanceFailure(message);
}

/** How the work failed; `undefined` when it did not. */
export const failureOf = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error ?? new Error("It threw nothing at all.");
  }
};

export const named = (error: unknown): string => {
  if (KeywrightError.is(error)) return error.code;
  return error instanceof Error ? `${error.name} (${error.message})` : String(error);
};

/** The work's result, or a failure of the plugin that says at what. */
export const succeeds = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConformanceFailure) throw error;
    const hint = KeywrightError.is(error) ? ` ${error.message} ${error.hint ?? ""}` : "";
    throw new ConformanceFailure(
      `${what} must succeed against a healthy cloud, and fails with ${named(error)}.${hint}`,
      {
        cause: error,
      },
    );
  }
};
