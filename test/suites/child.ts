/** A process of its own that works on a state folder: for races and kills. Tells what it did in one line of JSON. */
import { createBroker, type GrantRequest } from "@keywright/broker";
import { KeywrightError } from "@keywright/core";
import { pluginFolders } from "./target.ts";

type Job = {
  readonly directory: string;
  /** Dies by SIGKILL at this checkpoint, the n-th time it is passed. */
  readonly killAt?: { readonly point: string; readonly nth: number };
  readonly issue?: { readonly request: GrantRequest; readonly times: number };
  readonly register?: Parameters<Awaited<ReturnType<typeof createBroker>>["connectors"]["register"]>;
  readonly rotate?: readonly [string, Parameters<Awaited<ReturnType<typeof createBroker>>["connectors"]["rotate"]>[1]];
  readonly remove?: string;
  readonly rotateKey?: true;
};
const job = JSON.parse(process.argv[2] ?? "{}") as Job;
const passed = new Map<string, number>();
const checkpoint = (point: string) => {
  const times = (passed.get(point) ?? 0) + 1;
  passed.set(point, times);
  if (job.killAt?.point === point && job.killAt.nth === times) process.kill(process.pid, "SIGKILL");
};
const broker = await createBroker({
  directory: job.directory,
  ...pluginFolders,
  environment: { KEYWRIGHT_KEYRING: "off" },
  checkpoint,
});
const outcome: Record<string, unknown> = {};
try {
  if (job.register) outcome["registered"] = (await broker.connectors.register(...job.register)).connector.id;
  if (job.rotate) outcome["rotated"] = (await broker.connectors.rotate(...job.rotate)).connector.version;
  if (job.remove !== undefined) outcome["removed"] = await broker.connectors.delete(job.remove);
  if (job.rotateKey) outcome["key"] = await broker.keys.rotate();
  if (job.issue) {
    const { request, times } = job.issue;
    const grants = await Promise.all(Array.from({ length: times }, () => broker.grants.issue(request)));
    outcome["grants"] = [...new Set(grants.map((grant) => grant.id))];
  }
} catch (error) {
  outcome["error"] = KeywrightError.is(error) ? error.toJSON() : String(error);
}
outcome["passed"] = Object.fromEntries(passed);
await broker.close();
process.stdout.write(`${JSON.stringify(outcome)}\n`);
