/** What `list` owes: everything, page by page, as far as the consumer wants. */
import { notTried } from "../harness/not-tried.ts";
import type { Plugin } from "@keywright/core";
import { setTimeout as wait } from "node:timers/promises";
import type { RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { collect, type Station, withStation } from "./bench.ts";
import { ensure, succeeds } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";

const listed = (station: Station, call = station.call()) => {
  const { implemented, opened } = station;
  ensure(implemented.list, "list is declared and not implemented.");
  return implemented.list(opened.session, call);
};

export const listChecks = <Cloud extends TestCloud>(
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
    check("list goes to the last page", async (station) => {
      const call = station.call();
      const found = await succeeds(`${where}: list`, () => station.run(call, () => collect(listed(station, call))));
      const ids = found.map(({ id }) => id);
      const wanted = station.asked.listed;
      if (!wanted) notTried(`${where}: list yields everything there is`, "`listed`: count, last and pages");
      if (wanted) {
        ensure(
          ids.length === wanted.count && ids.at(-1) === wanted.last,
          `${where}: list yields ${ids.length} ending in ${ids.at(-1)}; there are ${wanted.count} ending in ${wanted.last}. Follow the cloud's continuation until there is none.`,
        );
      }
      ensure(
        new Set(ids).size === ids.length,
        `${where}: list yields an id twice. Start each page after the last of the one before.`,
      );
      for (const id of ids)
        ensure(
          station.canonical(id)?.id === id,
          `${where}: list yields ${id}, whose canonical spelling is ${station.canonical(id)?.id}. Yield canonical ids.`,
        );
    }),
    check("list asks for a page when it is wanted", async (station) => {
      if ((station.asked.listed?.pages ?? 1) < 2)
        return notTried(`${where}: list asks for a page when it is wanted`, "`listed` with more than one page");
      const call = station.call();
      const before = station.cloud.requests().length;
      await station.run(call, async () => {
        for await (const _ of listed(station, call)) break;
      });
      await wait(20);
      const first = station.cloud.requests().length - before;
      await station.run(call, () => collect(listed(station, call)));
      const all = station.cloud.requests().length - before - first;
      ensure(
        first < all,
        `${where}: list asked for every page before its first item (${first} requests), though the consumer stopped there. Yield each page before asking for the next.`,
      );
    }),
  ];
};
