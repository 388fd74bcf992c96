/** What somebody who means harm, or two processes in a hurry, might try. */
import { createBroker } from "@keywright/broker";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runAllowed } from "../../packages/broker/src/doors.ts";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { type Bench, createBench, pluginFolders, registerOn } from "../suites/target.ts";

let target: Awaited<ReturnType<typeof doubleTarget>>;
beforeAll(async () => {
  target = await doubleTarget();
});
afterAll(() => target.close());
const withBench = async (work: (bench: Bench) => Promise<void>) => {
  const bench = await createBench(target.clock);
  try {
    await work(bench);
  } finally {
    await bench.close();
  }
};
const second = (directory: string, checkpoint?: (point: string) => void) =>
  createBroker({
    directory,
    ...pluginFolders,
    environment: { KEYWRIGHT_KEYRING: "off" },
    clock: target.clock,
    ...(checkpoint && { checkpoint }),
  });
const request = { connector: "c-iam-role", resourceId: "s3://models" };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: { code?: string }) => error.code,
  );

it("a caller that goes away takes no other with it", () =>
  withBench(async ({ broker }) => {
    await registerOn(broker, target, "iam-role");
    const gone = new AbortController();
    const first = codeOf(broker.grants.issue(request, { signal: gone.signal }));
    const others = [broker.grants.issue(request), broker.grants.issue(request)].map(codeOf);
    gone.abort();
    expect(await first).toBe("cancelled");
    expect(await Promise.all(others)).toEqual(["ok", "ok"]);
    const alone = new AbortController();
    const last = codeOf(broker.grants.issue({ ...request, access: "write" }, { signal: alone.signal }));
    alone.abort();
    const next = codeOf(broker.grants.issue({ ...request, access: "write" }));
    expect([await last, await next]).toEqual(["cancelled", "ok"]);
  }));

it("nobody may be called as another connector's id is", () =>
  withBench(async ({ broker }) => {
    const { connector } = await registerOn(broker, target, "iam-role");
    expect(await codeOf(registerOn(broker, target, "iam-role", { name: connector.id }))).toBe("name-taken");
  }));

it("a connector deleted or narrowed during a mint serves nothing from it", () =>
  withBench(async ({ broker, directory }) => {
    await registerOn(broker, target, "iam-role");
    const other = await second(directory, (point) => {
      if (point === "grant.issued") removal = broker.connectors.delete("c-iam-role");
    });
    let removal: Promise<unknown> = Promise.resolve();
    try {
      expect(await codeOf(other.grants.issue(request))).toBe("conflict");
      await removal;
      expect(broker.grants.list().map(({ status }) => status)).toEqual(["failed"]);
    } finally {
      await other.close();
    }
  }));

it("a stored credential that is handed out ends when its connector does", () =>
  withBench(async ({ broker }) => {
    const expiresAt = new Date(target.clock().getTime() + 1_200_000).toISOString();
    await registerOn(broker, target, "sts-token", { expiresAt, allowMainCredential: true, allowUnconfined: true });
    const grant = await broker.grants.issue({ ...request, connector: "c-sts-token" });
    expect(grant.expiresAt?.toISOString()).toBe(expiresAt);
  }));

it("two key rotations at once lose no key, and a process with the old one saves nothing under it", () =>
  withBench(async ({ broker, directory }) => {
    await registerOn(broker, target, "iam-role");
    let other: Promise<string | undefined> | null = null;
    const rotating = await second(directory, (point) => {
      if (point === "key.added") other = codeOf(broker.keys.rotate());
    });
    await rotating.keys.rotate();
    await rotating.close();
    expect(await other).toBe("conflict");
    expect(await codeOf(registerOn(broker, target, "iam-role", { name: "late" }))).toBe("key-wrong");
    const fresh = await second(directory);
    try {
      expect(await codeOf(fresh.grants.issue(request))).toBe("ok");
      expect(fresh.connectors.list().map(({ name }) => name)).toEqual(["c-iam-role"]);
    } finally {
      await fresh.close();
    }
  }));

it("an allowed command that leaves its group does not hold its caller past the deadline", async () => {
  const command = "setsid sleep 3; echo late";
  const before = Date.now();
  expect(await codeOf(runAllowed([command], "c", command, AbortSignal.timeout(200)))).toBe("deadline-exceeded");
  expect(Date.now() - before).toBeLessThan(2_000);
});
