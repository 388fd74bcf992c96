/** A clock that stands still until somebody moves it. */

export type Clock = {
  now(): Date;
  /** Moves forward. */
  advance(seconds: number): void;
  set(to: Date): void;
};

export const createClock = (start: Date): Clock => {
  let at = start.getTime();
  return {
    now: () => new Date(at),
    advance: (seconds) => {
      at += seconds * 1000;
    },
    set: (to) => {
      at = to.getTime();
    },
  };
};
