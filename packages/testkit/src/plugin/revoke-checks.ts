/** What `revoke` owes: an end, said once or twice, with a handle or without. */
import type { Plugin } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { type Station, withStation } from "./bench.ts";
import { ensure, failureOf, named, succeeds } from "./ensure.ts";
import { tryAt } from "./issue-checks.ts";
import type { PluginTestOptions } from "./options.ts";

export const revokeChecks = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  at: readonly [method: string, resource: string],
): RunnableCheck[] => {
  const where = at.join(" × ");
  const check = (
    what: string,
    body: (station: Station, revoke: (handle: string | null, grantId: string) => Promise<void>) => Promise<void>,
  ): RunnableCheck => ({
    name: `${where}: ${what}`,
    run: () =>
      withStation(plugin, options, at, (station) =>
        body(station, (handle, grantId) => {
          const call = station.call({ grantId });
          const { implemented, opened, cells } = station;
          const target = station.target(cells[0]?.access ?? "read");
          return station.run(call, async () => implemented.revoke?.(opened.session, target, handle, call));
        }),
      ),
  });
  const issue = (station: Station, grantId: string) =>
    station.issue(station.target(station.cells[0]?.access ?? "read"), station.call({ grantId }));
  const over = async (station: Station, issued: Awaited<ReturnType<typeof issue>>, how: string) =>
    ensure(
      (await tryAt(station, issued, station.cells[0]?.access ?? "read")) !== "allowed",
      `${where}: the credential still works after revoke ${how}. End it at the cloud, or declare revocable: false.`,
    );
  return [
    check("revoke ends the credential, and only that", async (station, revoke) => {
      const [issued, other] = [await issue(station, "kitone"), await issue(station, "kittwo")];
      await succeeds(`${where}: revoke`, () => revoke(issued.handle ?? null, "kitone"));
      await over(station, issued, "with its handle");
      ensure(
        (await tryAt(station, other, station.cells[0]?.access ?? "read")) === "allowed",
        `${where}: revoke of one grant ended another. Revoke by handle or by grant id.`,
      );
    }),
    check("revoke may be said twice", async (station, revoke) => {
      const issued = await issue(station, "kittwice");
      await revoke(issued.handle ?? null, "kittwice");
      const error = await failureOf(() => revoke(issued.handle ?? null, "kittwice"));
      ensure(
        error === undefined,
        `${where}: a second revoke fails with ${named(error)}. What is gone is revoked: the host tries again after a crash.`,
      );
    }),
    check("revoke without a handle cleans by grant id", async (station, revoke) => {
      const issued = await issue(station, "kitlost");
      await succeeds(`${where}: revoke without a handle`, () => revoke(null, "kitlost"));
      await over(
        station,
        issued,
        "without a handle (issue never returned). Name what is made by call.grantId or call.sessionName, and remove by it",
      );
      await succeeds(`${where}: revoke of what was never made`, () => revoke(null, "kitnever"));
    }),
  ];
};
