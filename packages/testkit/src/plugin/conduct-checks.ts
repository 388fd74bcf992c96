/** How a plugin behaves on the way: which doors it takes, what it says, what it leaves behind. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Offer, Plugin } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { CloudFault, TestCloud } from "../harness/test-cloud.ts";
import { connectorOf, type Station, withStation } from "./bench.ts";
import { ensure, failureOf } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";
import { asPrinted, holdsSecret, secretTexts } from "./secret-traces.ts";
import { type Step, stepsOf } from "./steps.ts";

const faults: readonly CloudFault[] = ["unreachable", "forbidden", "rejected", "server-error", "garbage"];
const homes = ["HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"];

/** Path → when it was last written. */
const snapshot = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !/(?:^|[/\\])node_modules(?:[/\\]|$)|^\.turbo/.test(path))
    .map((path) => `${path} ${statSync(join(folder, path), { throwIfNoEntry: false })?.mtimeMs ?? ""}`);

const silent = async (where: string, station: Station, steps: readonly Step[]): Promise<void> => {
  const { method, given, watch } = station;
  if (!method.secret || !given.secret) return;
  const secrets = secretTexts(method.secret.fields, given.secret);
  const { identity, facts, cap } = station.opened;
  const advice = "Name ids, never values of secrets; keep them in Redacted.";
  ensure(
    !holdsSecret(asPrinted({ identity, facts, cap }), secrets),
    `${where}: what open returns shows the main credential. ${advice}`,
  );
  for (const step of steps) {
    const undone = [null, ...faults].map((fault) => async () => {
      const undo = fault && station.cloud.fault(fault);
      const error = await failureOf(async () => {
        const told = await step.run(station);
        if (step.name !== "open")
          ensure(
            !holdsSecret(asPrinted(told), secrets),
            `${where}: what ${step.name} returns shows the main credential. ${advice}`,
          );
      });
      undo?.();
      ensure(
        !holdsSecret(asPrinted(error), secrets),
        `${where}: the error of ${step.name}${fault ? ` when ${fault}` : ""} shows the main credential (message, hint, data or cause). ${advice}`,
      );
    });
    for (const one of undone) await one();
  }
  ensure(
    !holdsSecret(watch.printed.join("\n"), secrets),
    `${where}: the plugin prints the main credential. Print nothing; a host has its own log. ${advice}`,
  );
};

export const conductChecks = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  at: readonly [method: string, resource: string],
): RunnableCheck[] => {
  const where = at.join(" × ");
  const offer = connectorOf(plugin, options).type.resources.find((one: Offer) => one.type.id === at[1]);
  const steps = offer ? stepsOf(offer) : [];
  const check = (what: string, body: (station: Station) => Promise<void>): RunnableCheck => ({
    name: `${where}: ${what}`,
    run: () => withStation(plugin, options, at, body),
  });
  const journey = async (station: Station) => {
    for (const step of steps) await failureOf(() => step.run(station));
  };
  return [
    check("every dial goes through call.network", async (station) => {
      await journey(station);
      const { dialled } = station.watch;
      ensure(
        dialled.length === 0,
        `${where}: the plugin dials ${dialled[0]} past call.network. Use call.network.fetch, its agents or connect: one policy guards them.`,
      );
      const [refused] = station.refused;
      ensure(
        refused === undefined,
        `${where}: ${refused} Declare the host in \`hosts\`, or take it from the configuration.`,
      );
    }),
    check("the main credential is never shown", (station) => silent(where, station, steps)),
    {
      name: `${where}: nothing is written to disk`,
      run: async () => {
        const folder = mkdtempSync(join(tmpdir(), "keywright-kit-"));
        const own =
          options.directory === undefined
            ? null
            : options.directory instanceof URL
              ? fileURLToPath(options.directory)
              : options.directory;
        const before = {
          cwd: process.cwd(),
          env: homes.map((name) => [name, process.env[name]] as const),
          own: own === null ? "" : snapshot(own).join(),
        };
        for (const name of homes) process.env[name] = folder;
        process.chdir(folder);
        try {
          await withStation(plugin, options, at, journey);
        } finally {
          process.chdir(before.cwd);
          for (const [name, value] of before.env) {
            if (value === undefined) delete process.env[name];
            else process.env[name] = value;
          }
        }
        const written = snapshot(folder);
        rmSync(folder, { recursive: true, force: true });
        ensure(
          written.length === 0,
          `${where}: the plugin writes ${written.join(", ")} into its working or home folder. Keep state in the session; the host owns the disk.`,
        );
        ensure(
          own === null || snapshot(own).join() === before.own,
          `${where}: the plugin writes into its own package. Keep state in the session.`,
        );
      },
    },
  ];
};
