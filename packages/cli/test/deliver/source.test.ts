import type { Grant } from "@keywright/broker";
import { KeywrightError } from "@keywright/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSource } from "../../src/deliver/source.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const issuing = (seconds: number) => {
  const state = { minted: 0, rejected: [] as string[], fail: null as KeywrightError | null, shift: 0 };
  const brokerNow = () => Date.now() + state.shift;
  const issue = async () => {
    await Promise.resolve();
    if (state.fail) throw state.fail;
    const issuedAt = new Date(brokerNow());
    return {
      id: `g${++state.minted}`,
      connector: "c",
      issuedAt,
      expiresAt: new Date(issuedAt.getTime() + seconds * 1000),
      credential: {},
    } as unknown as Grant;
  };
  return { state, issuer: { issue, brokerNow, reject: (id: string) => state.rejected.push(id) > 0 } };
};
const down = new KeywrightError("provider-unavailable", "down", { retryable: true });

describe("a source of grants", () => {
  it("answers from memory, and refreshes ahead of the end in the background", async () => {
    const { state, issuer } = issuing(3600);
    const source = await createSource(issuer);
    vi.advanceTimersByTime(40 * 60_000);
    expect((await source.current()).id).toBe("g1");
    vi.advanceTimersByTime(5 * 60_000);
    expect((await source.current()).id).toBe("g1");
    await vi.advanceTimersByTimeAsync(1);
    expect((await source.current()).id).toBe("g2");
    expect(state.minted).toBe(2);
  });
  it("refreshes unasked where told to", async () => {
    const { state, issuer } = issuing(900);
    const source = await createSource(issuer, { ahead: true });
    await vi.advanceTimersByTimeAsync(451_000);
    expect(state.minted).toBe(2);
    source.close();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(state.minted).toBe(2);
  });
  it("makes one mint for all who ask at once", async () => {
    const { state, issuer } = issuing(900);
    const source = await createSource(issuer);
    vi.advanceTimersByTime(900_000);
    const grants = await Promise.all(Array.from({ length: 50 }, () => source.current()));
    expect(new Set(grants.map(({ id }) => id))).toEqual(new Set(["g2"]));
    expect(state.minted).toBe(2);
  });
  it("serves what it has while the provider is down, until a minute before its end", async () => {
    const { state, issuer } = issuing(900);
    const source = await createSource(issuer);
    state.fail = down;
    vi.advanceTimersByTime(830_000);
    expect((await source.current()).id).toBe("g1");
    vi.advanceTimersByTime(15_000);
    await expect(source.current()).rejects.toBe(down);
    state.fail = null;
    expect((await source.current()).id).toBe("g2");
  });
  it("stops at once where the answer is final", async () => {
    const { state, issuer } = issuing(900);
    const source = await createSource(issuer);
    state.fail = new KeywrightError("connector-not-found", "gone");
    vi.advanceTimersByTime(500_000);
    await source.current();
    await vi.advanceTimersByTimeAsync(1);
    await expect(source.current()).rejects.toBe(state.fail);
  });
  it("drops a refused grant once, however many were refused with it", async () => {
    const { state, issuer } = issuing(900);
    const source = await createSource(issuer);
    const refused = source.latest;
    const grants = await Promise.all(Array.from({ length: 10 }, () => source.refresh(refused)));
    expect(new Set(grants.map(({ id }) => id))).toEqual(new Set(["g2"]));
    expect((await source.refresh(refused)).id).toBe("g2");
    expect(state).toMatchObject({ minted: 2, rejected: ["g1"] });
  });
  it("tells ends by this process's clock, whatever the broker's says", async () => {
    const { state, issuer } = issuing(900);
    state.shift = 7_200_000;
    const source = await createSource(issuer);
    expect(source.endsAt(source.latest)?.getTime()).toBe(Date.now() + 900_000);
  });
});
