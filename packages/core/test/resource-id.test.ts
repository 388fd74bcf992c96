import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalise,
  errorCodes,
  exitCodeOf,
  httpStatusOf,
  isWithin,
  KeywrightError,
  nearest,
  Redacted,
  render,
  revealAll,
  secretString,
} from "../src/index.ts";
import { inspect } from "node:util";

const format = {
  spellings: ["thing://{zone}/{name}[/{part}]", "{account}:{name}", "{name}"],
  rewrites: [["https://{rest}", "{rest}"]],
  fields: {
    zone: { pattern: "[a-z]{1,4}" },
    name: { pattern: "[a-z0-9-]{1,20}", ignoreCase: true },
    part: { pattern: "[a-z/]+" },
    account: { pattern: "\\d{4}" },
    rest: { pattern: ".+" },
  },
} as const;
const known = { zone: "eu", account: "1234" };
const code = (work: () => unknown) => {
  try {
    work();
    return "none";
  } catch (error) {
    return KeywrightError.is(error) ? error.code : `not ours: ${String(error)}`;
  }
};

describe("resource ids", () => {
  it.each([
    ["thing://eu/a", "thing://eu/a"],
    ["thing://us/a/b/c", "thing://us/a/b/c"],
    ["A-1", "thing://eu/a-1"],
    ["1234:a", "thing://eu/a"],
    ["https://thing://eu/a", "thing://eu/a"],
    ["  a  ", "thing://eu/a"],
  ])("%s is %s", (spelled, canonical) => expect(canonicalise(format, spelled, known).id).toBe(canonical));
  it.each([
    ["", "resource-id-invalid"],
    ["a b", "resource-id-invalid"],
    ["a\u0000", "resource-id-invalid"],
    ["a\nb", "resource-id-invalid"],
    ["x".repeat(3000), "resource-id-invalid"],
    ["9999:a", "out-of-scope"],
    ["thing://toolong/a", "resource-id-invalid"],
  ])("%j is refused as %s", (spelled, expected) =>
    expect(code(() => canonicalise(format, spelled, known))).toBe(expected),
  );
  it("with an unknown account is refused, never guessed", () => {
    expect(code(() => canonicalise(format, "1234:a", { zone: "eu" }))).toBe("resource-id-invalid");
    expect(code(() => canonicalise(format, "a", {}))).toBe("resource-id-invalid");
  });
  it("values from the configuration are checked like any other", () => {
    expect(code(() => canonicalise(format, "a", { zone: 'eu"*' }))).toBe("resource-id-invalid");
  });
  it("a part lies within its whole, a sibling does not", () => {
    const at = (id: string) => canonicalise(format, id, known);
    expect(isWithin(format, at("thing://eu/a"), at("thing://eu/a/b"))).toBe(true);
    expect(isWithin(format, at("thing://eu/a/b"), at("thing://eu/a/b/c"))).toBe(true);
    expect(isWithin(format, at("thing://eu/a/b"), at("thing://eu/a/bc"))).toBe(false);
    expect(isWithin(format, at("thing://eu/a/b"), at("thing://eu/a"))).toBe(false);
    expect(isWithin(format, at("thing://eu/a"), at("thing://us/a"))).toBe(false);
  });
  it("never throw anything but our own errors, on ten thousand inputs", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 60 }),
          fc.string({ maxLength: 60 }),
          fc.stringMatching(/^[a-z0-9:/.-]{0,40}$/),
        ),
        (spelled) => {
          expect(["none", "resource-id-invalid", "out-of-scope"]).toContain(
            code(() => canonicalise(format, spelled, known)),
          );
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe("errors", () => {
  it("have an exit code of the published list and an HTTP status each", () => {
    for (const one of errorCodes) {
      expect([1, 2, 3, 4, 5, 6, 7, 130]).toContain(exitCodeOf(one));
      expect(httpStatusOf(one)).toBeGreaterThanOrEqual(400);
    }
  });
  it("of another copy of core are recognised", () => {
    expect(KeywrightError.is({ [Symbol.for("keywright.error")]: true })).toBe(true);
    expect(KeywrightError.is(new Error("x"))).toBe(false);
  });
});

describe("Redacted", () => {
  it("prints as <redacted> wherever it lands", () => {
    const value = new Redacted("canary-1");
    const shown = [
      String(value),
      `${value}`,
      JSON.stringify({ value }),
      inspect(value),
      inspect({ deep: [value] }, { depth: 9, showHidden: true }),
      JSON.stringify(Object.entries(value)),
    ];
    for (const one of shown) expect(one).not.toContain("canary-1");
    expect(value.reveal()).toBe("canary-1");
    expect(revealAll({ a: [value], b: new Date(0) })).toEqual({ a: ["canary-1"], b: "1970-01-01T00:00:00.000Z" });
    expect(secretString("x").parse("s")).toSatisfy(Redacted.is);
  });
});

describe("templates", () => {
  it("leave out what is bracketed, fall back where told, and fail on what is missing", () => {
    expect(render("a/[{p}/]*", {})).toBe("a/*");
    expect(render("a/[{p}/]*", { p: "x" })).toBe("a/x/*");
    expect(render("{r:-*}", {})).toBe("*");
    expect(code(() => render("{r}", {}))).toBe("config-invalid");
  });
});

describe("the nearest word", () => {
  it.each([
    ["regoin", "region"],
    ["role-arn", "roleArn"],
    ["roleARN", "roleArn"],
    ["xyz", null],
  ])("to %s is %s", (word, expected) => expect(nearest(word, ["region", "roleArn", "partition"])).toBe(expected));
});
