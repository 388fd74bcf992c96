/** What `verify` owes: checks in order, and a failure that says what to do. */
import { notTried } from "../harness/not-tried.ts";
import { type Check, KeywrightError, type Plugin } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { collect, type Station, withStation } from "./bench.ts";
import { ensure, failureOf, named, succeeds } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";

const order: readonly Check["step"][] = ["identity", "reachability", "permission", "resource"];
const run = (station: Station, id: string | null): Promise<Check[]> => {
  const { implemented, opened, cells } = station;
  const [first] = cells;
  ensure(first, "The method reaches no level of this resource type; remove the pair.");
  const call = station.call();
  const target = id === null && station.offer.resourceId !== null ? null : station.target(first.access, undefined, id);
  return station.run(call, () => collect(implemented.verify(opened.session, target, call)));
};
const shaped = (where: string, checks: readonly Check[]): void => {
  ensure(checks.length > 0, `${where}: verify yields no checks. Yield one for each thing that was tried.`);
  const steps = checks.map(({ step }) => order.indexOf(step));
  ensure(
    steps.every((step, index) => index === 0 || step >= (steps[index - 1] ?? 0)),
    `${where}: verify yields ${checks.map(({ step }) => step).join(", ")}. Yield reachability, then permission, then resource, so that the first failure is the cause.`,
  );
  for (const check of checks)
    if (!check.ok)
      ensure(
        check.fix.trim() !== "" && check.detail.trim() !== "",
        `${where}: the failed check ${check.tried} has no fix or detail. Say the exact thing to do.`,
      );
};

export const verifyChecks = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  at: readonly [method: string, resource: string],
): RunnableCheck[] => {
  const where = at.join(" × ");
  const check = (what: string, body: (station: Station) => Promise<void>): RunnableCheck => ({
    name: `${where}: ${what}`,
    run: () => withStation(plugin, options, at, body),
  });
  return [
    check("verify passes for what is there, in order", async (station) => {
      for (const id of [station.asked.inside, null]) {
        const checks = await succeeds(`${where}: verify`, () => run(station, id));
        shaped(where, checks);
        const failed = checks.find(({ ok }) => !ok);
        ensure(
          failed === undefined,
          `${where}: verify fails for ${id ?? "all"}, which is there: ${failed && !failed.ok ? failed.detail : ""}`,
        );
      }
    }),
    check("verify fails for what is missing", async (station) => {
      const { missing } = station.asked;
      if (missing === undefined)
        return notTried(`${where}: verify fails for what is missing`, "`missing`, an id that does not exist");
      const checks = await succeeds(
        `${where}: verify of the missing ${missing}, which must yield a failed check and not throw,`,
        () => run(station, missing),
      );
      shaped(where, checks);
      const failed = checks.find(({ ok }) => !ok);
      ensure(
        failed && !failed.ok,
        `${where}: verify passes for ${missing}, which does not exist. Ask the cloud for the resource itself.`,
      );
      ensure(
        failed.code === "resource-not-found" || failed.code === "access-denied",
        `${where}: verify calls the missing ${missing} ${failed.code}, not resource-not-found.`,
      );
    }),
    check("verify yields a refusal and does not throw it", async (station) => {
      station.cloud.fault("forbidden");
      const error = await failureOf(async () => {
        const before = station.cloud.requests().length;
        const checks = await run(station, station.asked.inside);
        shaped(where, checks);
        // What asks the cloud nothing cannot be refused.
        if (station.cloud.requests().length === before) return;
        const failed = checks.find(({ ok }) => !ok);
        ensure(
          failed && !failed.ok && failed.code === "access-denied",
          `${where}: the cloud forbids everything, and verify reports ${failed && !failed.ok ? failed.code : "success"}. Report access-denied.`,
        );
        ensure(
          failed.step === "permission",
          `${where}: verify reports a refusal at step ${failed.step}; it belongs to permission.`,
        );
        ensure(
          failed.missing?.length,
          `${where}: a failed permission check names no missing rows. Give them in \`missing\`: the host renders them ready to paste.`,
        );
      });
      ensure(
        !KeywrightError.is(error),
        `${where}: verify throws ${named(error)} for a refusal. Yield it as a failed check: a report with the rest is more use than an error.`,
      );
      if (error !== undefined) throw error;
    }),
    check("verify does not call an unreachable cloud reachable", async (station) => {
      station.cloud.fault("unreachable");
      const { implemented, opened, cells } = station;
      const before = station.cloud.requests().length;
      const seen: Check[] = [];
      const call = station.call();
      const error = await failureOf(() =>
        station.run(call, async () => {
          for await (const one of implemented.verify(opened.session, station.target(cells[0]?.access ?? "read"), call))
            seen.push(one);
        }),
      );
      if (error === undefined && seen.every(({ ok }) => ok) && station.cloud.requests().length === before) return;
      ensure(
        !seen.some(({ ok }) => ok),
        `${where}: the cloud cannot be reached, and verify reports ${seen.find(({ ok }) => ok)?.step} as passed. Report a step after it was seen to pass.`,
      );
      ensure(
        seen.some((one) => !one.ok && one.code === "provider-unavailable") ||
          (KeywrightError.is(error) && error.code === "provider-unavailable"),
        `${where}: the cloud cannot be reached, and verify ends with ${named(error)}, not provider-unavailable.`,
      );
    }),
  ];
};
