import { KeywrightError } from "@keywright/core/errors";
import { shown } from "./arguments.ts";

const unit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
/** `900`, `15m`, `1h`, `36h`, `1h30m` → seconds. */
export const seconds = (given: string | undefined, option: string): number | undefined => {
  if (given === undefined) return undefined;
  const parts = [
    ...given
      .trim()
      .toLowerCase()
      .matchAll(/(\d{1,9})([smhd]?)/g),
  ];
  const whole = parts.map(([part]) => part).join("") === given.trim().toLowerCase() && parts.length > 0;
  // Only a number that stands alone may lack its unit.
  if (whole && (parts.length === 1 || parts.every(([, , letter]) => letter !== ""))) {
    return parts.reduce(
      (sum, [, count, letter]) => sum + Number(count) * unit[(letter || "s") as keyof typeof unit],
      0,
    );
  }
  throw new KeywrightError("usage", `${option} ${shown(given)} is not a duration.`, {
    hint: "Write seconds, or a number with s, m, h or d: 900, 15m, 1h30m, 36h.",
  });
};
export const count = (given: string | undefined, option: string): number | undefined => {
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw new KeywrightError("usage", `${option} ${shown(given)} is not a whole number.`, {
    hint: `For example ${option} 20.`,
  });
};
