/** The double's clock: a base clock and an offset that tests move. */
export interface DoubleClock {
  now(): Date;
  /** Moves the clock; negative seconds move it back. */
  advance(seconds: number): void;
  /** Sets the offset from the base clock, in seconds. */
  setOffset(seconds: number): void;
}

export const createClock = (base: () => Date): DoubleClock => {
  let offsetMs = 0;
  return {
    now: () => new Date(base().getTime() + offsetMs),
    advance: (seconds) => {
      offsetMs += seconds * 1000;
    },
    setOffset: (seconds) => {
      offsetMs = seconds * 1000;
    },
  };
};

/** AWS prints instants without milliseconds. */
export const isoSeconds = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
