import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPluginIndex, rememberedText } from "../../src/deliver/plugin-index.ts";

const set = globalThis as Record<symbol, unknown>;
const where = Symbol.for("keywright.cache");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keywright-"));
  set[where] = folder;
});
afterEach(() => {
  delete set[where];
  rmSync(folder, { recursive: true, force: true });
});

describe("what is remembered of plugins", () => {
  const file = () => join(folder, "package.json");
  const read = (counted: { times: number }) => {
    const index = openPluginIndex<number>("project");
    const value = index.get("one", () => ({ files: [file()], value: ++counted.times }));
    index.save();
    return value;
  };
  it("is read again once a file changed, came or went", () => {
    const counted = { times: 0 };
    expect([read(counted), read(counted)]).toEqual([1, 1]);
    writeFileSync(file(), "{}");
    expect([read(counted), read(counted)]).toEqual([2, 2]);
    writeFileSync(file(), "[]");
    expect([read(counted), read(counted)]).toEqual([3, 3]);
    rmSync(file());
    expect([read(counted), read(counted)]).toEqual([4, 4]);
  });
  it("is its owner's alone, and no loss where it is damaged or there is no place for it", () => {
    const counted = { times: 0 };
    read(counted);
    const [name = ""] = readdirSync(folder);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, name), "{");
    expect(read(counted)).toBe(2);
    delete set[where];
    expect(read(counted)).toBe(3);
  });
  it("keeps texts by question", () => {
    writeFileSync(file(), "{}");
    const ask = (question: string, answer: string) => rememberedText([file()], question, () => answer);
    expect([ask("a", "1"), ask("b", "2"), ask("a", "3")]).toEqual(["1", "2", "1"]);
  });
});
