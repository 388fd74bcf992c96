/** Seconds and lifetimes in words. */
import type { Lifetime } from "@keywright/core";

const units = [
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;
export const span = (seconds: number): string => {
  const parts = units.flatMap(([unit, size], index) => {
    const before = units[index - 1]?.[1] ?? Infinity;
    const count = Math.floor((seconds % before) / size);
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.length > 0 ? parts.join(" ") : "0 s";
};
export const lifetimeText = (lifetime: Lifetime): string => {
  if (lifetime === "provider") return "set by the provider";
  if (lifetime === "unbounded") return "never ends by itself";
  const { min, default: usual, max } = lifetime;
  return min === max ? span(max) : `${span(min)} to ${span(max)}, ${span(usual)} when left out`;
};
