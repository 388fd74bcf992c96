import * as z from "zod";

const marker = Symbol.for("keywright.redacted");
const shown = "<redacted>";

/** A value that prints as `<redacted>` wherever it lands: templates, JSON, `console.log`, inspection. */
export class Redacted<T = string> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  /** The value itself. Each call is a place to look at in a review. */
  reveal(): T {
    return this.#value;
  }
  toString(): string {
    return shown;
  }
  toJSON(): string {
    return shown;
  }
  get [marker](): true {
    return true;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return shown;
  }
  /** Also true for a value of another copy of core. */
  static is(value: unknown): value is Redacted<unknown> {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** Plain JSON of a value with every `Redacted` inside revealed: for sealing and for deliveries, nowhere else. */
export const revealAll = (value: unknown): unknown => {
  if (Redacted.is(value)) return value.reveal();
  if (Array.isArray(value)) return value.map(revealAll);
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealAll(inner)]));
};

const bounds = (description: string) => z.string().min(1).max(262_144).meta({ description });
/** A secret field: a non-empty string in JSON and forms (`writeOnly`), `Redacted` in memory. At most 256 KiB. */
export const secretString = (description: string) =>
  bounds(description)
    .transform((value) => new Redacted(value))
    .meta({ description, writeOnly: true });
