/** Two processes at once, a thousand callers, and the plug pulled at every write. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doubleTarget } from "../suites/aws-double-target.ts";
import { createBench } from "../suites/target.ts";

const script = join(import.meta.dirname, "..", "suites", "child.ts");
type Outcome = {
  registered?: string;
  rotated?: number;
  error?: { code: string };
  grants?: string[];
  passed: Record<string, number>;
};
const child = (job: object): Promise<{ signal: string | null; outcome: Outcome | null; stderr: string }> =>
  new Promise((resolve) => {
    const { NODE_EXTRA_CA_CERTS: _slow, ...env } = process.env;
    const running = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--conditions=@keywright/source", script, JSON.stringify(job)],
      { env },
    );
    let stdout = "";
    let stderr = "";
    running.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    running.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    running.once("close", (_code, signal) =>
      resolve({ signal, outcome: stdout === "" ? null : (JSON.parse(stdout) as Outcome), stderr }),
    );
  });

let target: Awaited<ReturnType<typeof doubleTarget>>;
const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), "kw-"));
  folders.push(made);
  return made;
};
beforeAll(async () => {
  target = await doubleTarget();
});
afterAll(async () => {
  await target.close();
  for (const one of folders) rmSync(one, { recursive: true, force: true });
});
const registration = (name: string, more: object = {}) => {
  const setup = target.methods["iam-role"];
  return {
    name,
    type: "aws",
    authMethod: "iam-role",
    resourceTypes: ["s3-bucket"],
    config: { ...target.config, ...setup?.config },
    secret: setup?.secret,
    allowedEndpoints: target.endpoints,
    ...more,
  };
};
const request = { connector: "prod", resourceId: "s3://models", access: "read" };
const bytesOf = (directory: string) =>
  Buffer.concat(readdirSync(directory).map((name) => readFileSync(join(directory, name))));

describe("at the same time", () => {
  it("a thousand identical requests from eight processes make one upstream mint", async () => {
    const directory = folder();
    const bench = await createBench(undefined, directory);
    await bench.broker.connectors.register(registration("prod"));
    target.aws.calls.length = 0;
    const done = await Promise.all(
      Array.from({ length: 8 }, () => child({ directory, issue: { request, times: 125 } })),
    );
    expect(done.map(({ outcome, stderr }) => outcome?.error ?? stderr)).toEqual(Array.from({ length: 8 }, () => ""));
    expect(new Set(done.flatMap(({ outcome }) => outcome?.grants ?? [])).size).toBe(1);
    expect(target.aws.calls.filter(({ service }) => service === "sts").map(({ action }) => action)).toEqual([
      "AssumeRole",
    ]);
    const rows = bench.broker.audit.list({ action: "grant.issue" });
    expect(rows.length).toBe(1000);
    expect(bench.broker.audit.verify().rows).toBeGreaterThan(1000);
    await bench.close();
  });
  it("when the mint fails, all fail alike and the provider is asked once", async () => {
    const bench = await createBench();
    await bench.broker.connectors.register(registration("prod"));
    target.aws.calls.length = 0;
    const withdraw = target.aws.fault({
      service: "sts",
      action: "AssumeRole",
      times: 100,
      status: 403,
      code: "AccessDenied",
    });
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () =>
        bench.broker.grants.issue(request).catch((error: { code: string }) => error.code),
      ),
    );
    withdraw();
    expect(new Set(outcomes)).toEqual(new Set(["access-denied"]));
    expect(target.aws.calls.filter(({ action }) => action === "AssumeRole").length).toBe(1);
    expect((await bench.broker.grants.issue(request)).access).toBe("read");
    await bench.close();
  });
  it("of two that register one name, one wins and one is told", async () => {
    for (let round = 0; round < 3; round++) {
      const directory = folder();
      const both = await Promise.all(
        [1, 2].map(() => child({ directory, register: [registration("prod"), { verify: false }] })),
      );
      const codes = both.map(({ outcome }) => outcome?.error?.code ?? "won").toSorted();
      expect(codes).toEqual(["name-taken", "won"]);
      const bench = await createBench(undefined, directory);
      expect(bench.broker.connectors.list().length).toBe(1);
      expect((await bench.broker.grants.issue(request)).id).toMatch(/^\w{20}$/);
      await bench.close();
    }
  });
});

describe("killed in the middle", () => {
  /** Runs a job once to learn its checkpoints, then once per checkpoint and occurrence with the plug pulled there. */
  const everyPoint = async (
    prepare: () => Promise<string>,
    job: object,
    check: (directory: string, point: string) => Promise<void>,
  ) => {
    const whole = await child({ directory: await prepare(), ...job });
    expect(whole.outcome?.error).toBeUndefined();
    const points = Object.entries(whole.outcome?.passed ?? {}).flatMap(([point, times]) =>
      Array.from({ length: Math.min(times, 3) }, (_, index) => ({ point, nth: index + 1 })),
    );
    expect(points.length).toBeGreaterThan(1);
    for (const killAt of points) {
      const directory = await prepare();
      const killed = await child({ directory, ...job, killAt });
      expect(killed.signal, `${killAt.point} ${killAt.nth}`).toBe("SIGKILL");
      await check(directory, killAt.point);
    }
    return points.length;
  };
  /** No value in the store that no row names, no row that names a value which is not there. */
  const nothingHalf = (directory: string) => {
    const state = new DatabaseSync(join(directory, "keywright.db"));
    const store = new DatabaseSync(join(directory, "secrets.db"));
    const named = (
      state.prepare("SELECT secret_path, parent_path, previous_path FROM connectors").all() as Record<
        string,
        string | null
      >[]
    )
      .flatMap((row) => Object.values(row))
      .filter((path) => path !== null);
    const kept = (store.prepare("SELECT path FROM secrets").all() as { path: string }[]).map(({ path }) => path);
    expect(kept.toSorted()).toEqual(named.toSorted());
    expect(state.prepare("SELECT * FROM pending_secrets").all()).toEqual([]);
    state.close();
    store.close();
  };

  it("register: there or not there, and the next start is clean", async () => {
    await everyPoint(
      async () => folder(),
      { register: [registration("prod"), { verify: false }] },
      async (directory, point) => {
        const bench = await createBench(undefined, directory);
        const names = bench.broker.connectors.list().map(({ name }) => name);
        if (point === "committed") expect(names).toEqual(["prod"]);
        else if (names.length === 0) await bench.broker.connectors.register(registration("prod"), { verify: false });
        expect((await bench.broker.grants.issue(request)).id).toMatch(/^\w{20}$/);
        nothingHalf(directory);
        expect(bench.broker.audit.verify().rows).toBeGreaterThan(0);
        await bench.close();
      },
    );
  });
  it("rotate: the old credential or the new one, never neither", async () => {
    const secret = target.methods["iam-role"]?.secret;
    await everyPoint(
      async () => {
        const directory = folder();
        const bench = await createBench(undefined, directory);
        await bench.broker.connectors.register(registration("prod"), { verify: false });
        await bench.broker.close();
        return directory;
      },
      { rotate: ["prod", { secret, verify: false }] },
      async (directory) => {
        const bench = await createBench(undefined, directory);
        expect((await bench.broker.grants.issue(request)).id).toMatch(/^\w{20}$/);
        nothingHalf(directory);
        await bench.close();
      },
    );
  });
  it("delete: gone or still whole", async () => {
    await everyPoint(
      async () => {
        const directory = folder();
        const bench = await createBench(undefined, directory);
        await bench.broker.connectors.register(registration("prod"), { verify: false });
        await bench.broker.close();
        return directory;
      },
      { remove: "prod" },
      async (directory) => {
        const bench = await createBench(undefined, directory);
        if (bench.broker.connectors.list().length === 1)
          expect((await bench.broker.grants.issue(request)).id).toMatch(/^\w{20}$/);
        nothingHalf(directory);
        await bench.close();
      },
    );
  });
  it("issue: the grant's intent stays on record, and the next request mints", async () => {
    await everyPoint(
      async () => {
        const directory = folder();
        const bench = await createBench(undefined, directory);
        await bench.broker.connectors.register(registration("prod"), { verify: false });
        await bench.broker.close();
        return directory;
      },
      { issue: { request, times: 1 } },
      async (directory) => {
        const bench = await createBench(undefined, directory);
        expect((await bench.broker.grants.issue(request)).id).toMatch(/^\w{20}$/);
        expect(bench.broker.grants.list().length).toBeGreaterThan(0);
        await bench.close();
      },
    );
  });
  it("key rotation: every value opens, and running it again finishes", async () => {
    await everyPoint(
      async () => {
        const directory = folder();
        const bench = await createBench(undefined, directory);
        for (const name of ["prod", "other"])
          await bench.broker.connectors.register(registration(name), { verify: false });
        await bench.broker.grants.issue(request);
        await bench.broker.grants.issue({ ...request, connector: "other" });
        await bench.broker.close();
        return directory;
      },
      { rotateKey: true },
      async (directory) => {
        const bench = await createBench(undefined, directory);
        expect((await bench.broker.grants.issue(request)).id).toMatch(/^\w{20}$/);
        const done = await bench.broker.keys.rotate();
        await bench.broker.close();
        const again = await createBench(undefined, directory);
        expect(again.broker.key()?.id).toBe(done.id);
        expect((await again.broker.grants.issue({ ...request, connector: "other" })).id).toMatch(/^\w{20}$/);
        expect(again.broker.audit.verify().rows).toBeGreaterThan(0);
        await again.close();
      },
    );
  });
  it("leaves no credential in the clear in any file", async () => {
    const directory = folder();
    await child({
      directory,
      register: [registration("prod"), { verify: false }],
      killAt: { point: "secret.written", nth: 1 },
    });
    const secret = target.methods["iam-role"]?.secret?.["secretAccessKey"] ?? "";
    const bytes = bytesOf(directory);
    for (const form of [
      secret,
      Buffer.from(secret).toString("base64"),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("hex"),
    ])
      expect(bytes.includes(form)).toBe(false);
  });
});
