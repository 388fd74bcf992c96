import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeKey, encodeKey, keyRing, newKey, seal, sealKey, sealedUnder, unseal } from "../src/index.ts";

const code = (work: () => unknown) => {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const [one, two] = [newKey(), newKey()];

describe("sealed values", () => {
  it("open with their identity and under any key of the ring", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.string(), { minLength: 1, maxLength: 4 }),
        (plain, identity) => {
          const sealed = seal(keyRing(one), identity, plain);
          expect(sealedUnder(sealed)).toBe(one.id);
          expect([...unseal(keyRing(two, [one]), identity, sealed)]).toEqual([...plain]);
        },
      ),
    );
  });
  it("do not open elsewhere, changed, or cut off; a wrong key is an error of its own", () => {
    const sealed = seal(keyRing(one), ["record", "1"], "value");
    expect(code(() => unseal(keyRing(one), ["record", "2"], sealed))).toBe("cannot-decrypt");
    expect(code(() => unseal(keyRing(one), ["record1"], sealed))).toBe("cannot-decrypt");
    expect(code(() => unseal(keyRing(two), ["record", "1"], sealed))).toBe("key-wrong");
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(["cannot-decrypt", "key-wrong"]).toContain(code(() => unseal(keyRing(one), ["record", "1"], changed)));
      expect(code(() => unseal(keyRing(one), ["record", "1"], sealed.subarray(0, at)))).toMatch(
        /cannot-decrypt|key-wrong/,
      );
    }
  });
  it("take 32 bytes in base64url, and nothing else", () => {
    expect(decodeKey(encodeKey(one), "x").id).toBe(one.id);
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        fc.pre(!/^[A-Za-z0-9_-]{43}$/.test(text));
        expect(code(() => decodeKey(text, "x"))).toBe("key-invalid");
      }),
      { numRuns: 2000 },
    );
    expect(code(() => sealKey(new Uint8Array(31)))).toBe("key-invalid");
  });
});
