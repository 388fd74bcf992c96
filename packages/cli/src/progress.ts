/** A line on a terminal that says what is under way, once it takes more than a second. */
import type { Context } from "./context.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const clear = "\r\u001b[2K";

export type Progress = {
  /** Takes the line away, so that something else can be printed. */
  readonly clear: () => void;
  readonly say: (what: string) => void;
};

export const withProgress = async <T>(
  context: Pick<Context, "stderr" | "json">,
  what: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> => {
  if (context.stderr.isTTY !== true) return work({ clear: () => {}, say: () => {} });
  const since = Date.now();
  let text = what;
  let drawn = false;
  const wipe = () => {
    if (drawn) context.stderr.write(clear);
    drawn = false;
  };
  const timer = setInterval(() => {
    const passed = Math.floor((Date.now() - since) / 1000);
    if (passed < 1) return;
    context.stderr.write(`${clear}${frames[Math.floor(Date.now() / 100) % frames.length] ?? ""} ${text} … ${passed} s`);
    drawn = true;
  }, 100);
  timer.unref();
  try {
    return await work({ clear: wipe, say: (next) => (text = next) });
  } finally {
    clearInterval(timer);
    wipe();
  }
};
