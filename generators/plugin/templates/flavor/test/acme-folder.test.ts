import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import runtime, { type ArtifactStore } from "../src/runtime/acme-folder.ts";

let folder = "";
let store: ArtifactStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "acme-folder-"));
  store = await runtime.open({ config: { path: join(folder, "artifacts") }, grant: null });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("acme-folder", () => {
  it("gives back what was written", async () => {
    await store.write("runs/1/model.bin", Buffer.from([0, 255, 10]));
    expect(await store.read("runs/1/model.bin")).toEqual(Buffer.from([0, 255, 10]));
    expect(await store.list("runs/")).toEqual(["runs/1/model.bin"]);
  });
  it("tells what is not there, and removes once", async () => {
    await store.write("a", Buffer.from("x"));
    expect(await store.remove("a")).toBe(true);
    expect(await store.remove("a")).toBe(false);
    expect(await store.read("a")).toBeNull();
  });
  it("never leaves its folder", async () => {
    for (const name of ["../x", "a/../../x", "", "/etc/passwd"])
      await expect(store.write(name, Buffer.from("x"))).rejects.toMatchObject({ code: "config-invalid" });
  });
});
