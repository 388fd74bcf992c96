/** What `issue` owes at each level: the declared kind, the promised end, and no more than was promised. */
import { notTried } from "../harness/not-tried.ts";
import { accessLevels, type Access, type ObjectSchema, type Plugin, revealAll } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { type AnyIssued, type Station, withStation } from "./bench.ts";
import { ensure, succeeds } from "./ensure.ts";
import type { Outcome, PluginTestOptions } from "./options.ts";
import { asRevealed, holdsSecret, secretTexts } from "./secret-traces.ts";

type Cell = Station["cells"][number];
export const tryAt = (
  station: Station,
  issued: AnyIssued,
  access: Access,
  id = station.asked.inside,
): Promise<Outcome> =>
  station.asked.attempt(
    revealAll(issued.credential) as Record<string, unknown>,
    access,
    station.canonical(id)?.id ?? null,
  );

const fits = (where: string, { way }: Cell, issued: AnyIssued): void => {
  ensure(
    issued.kind === way.credential.id,
    `${where}: issue returns kind ${issued.kind}; the level declares ${way.credential.id}. Deliveries are chosen by it.`,
  );
  const fields = way.credential.fields as ObjectSchema as unknown as {
    safeParse(value: unknown): {
      success: boolean;
      error?: { issues: readonly { path: PropertyKey[]; message: string }[] };
    };
  };
  const { success, error } = fields.safeParse(revealAll(issued.credential));
  const problems = (error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`);
  ensure(
    success,
    `${where}: the issued credential does not fit the kind ${way.credential.id}: ${problems.join("; ")}. Return its fields, all and only.`,
  );
};

/** Seconds by which an expiry may differ: none where the clock stands still. */
const slack = (station: Station): number => (station.cloud.clock === "still" ? 0 : 5);
const secondsTo = (station: Station, at: Date): number => (at.getTime() - station.cloud.now().getTime()) / 1000;

const ends = async (where: string, station: Station, { access, cell }: Cell): Promise<void> => {
  const { lifetime } = cell;
  const asked =
    typeof lifetime === "string" ? [undefined] : [...new Set([lifetime.min, lifetime.default, lifetime.max])];
  let last: AnyIssued | null = null;
  for (const seconds of asked.toReversed()) {
    last = await succeeds(`${where}: issue for ${seconds ?? "the default of"} s`, () =>
      station.issue(station.target(access, seconds)),
    );
    if (seconds === undefined) continue;
    ensure(
      last.expiresAt instanceof Date,
      `${where}: issue for ${seconds} s returns no expiresAt, though the lifetime is bounded. Return when the cloud ends it.`,
    );
    const left = secondsTo(station, last.expiresAt);
    ensure(
      Math.abs(left - seconds) <= slack(station),
      `${where}: asked for ${seconds} s, expiresAt is ${left} s away. Pass target.ttlSeconds on, and return the end that the cloud told.`,
    );
  }
  if (!last?.expiresAt || cell.lifetime === "provider") return;
  const left = secondsTo(station, last.expiresAt);
  station.cloud.advance(left - 1 - slack(station));
  ensure(
    (await tryAt(station, last, access)) === "allowed",
    `${where}: the credential stops before its expiresAt. Tell the end that the cloud told.`,
  );
  station.cloud.advance(1 + 2 * slack(station));
  ensure(
    (await tryAt(station, last, access)) !== "allowed",
    `${where}: the credential still works at its expiresAt. The cloud must end it: never tell an earlier end than the real one.`,
  );
};

const reaches = async (where: string, station: Station, { access, cell }: Cell): Promise<void> => {
  const issued = await succeeds(`${where}: issue`, () => station.issue(station.target(access)));
  const at = accessLevels.indexOf(access);
  const levels = station.cells.map((one) => one.access);
  for (const level of levels) {
    const outcome = await tryAt(station, issued, level);
    if (accessLevels.indexOf(level) <= at)
      ensure(
        outcome === "allowed",
        `${where}: a grant of ${access} is ${outcome} for ${level} at ${station.asked.inside}. Make it for target.resource at target.access: a level includes those before it.`,
      );
    else if (cell.confinement !== null)
      ensure(
        outcome !== "allowed",
        `${where}: a grant of ${access} may also ${level} at ${station.asked.inside}. Narrow it to target.access.`,
      );
  }
  const { outside } = station.asked;
  if (cell.confinement?.to !== "resource") return;
  if (outside === undefined)
    return notTried(`${where}: a grant of ${access} stays within its resource`, "`outside`, a neighbour that exists");
  const outcome = await tryAt(station, issued, levels[0] ?? access, outside);
  ensure(
    outcome !== "allowed",
    `${where}: a grant for ${station.asked.inside} also reaches ${outside}. Narrow it to target.resource, as the table promises (${cell.confinement.by}), or fail.`,
  );
};

export const issueChecks = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  at: readonly [method: string, resource: string],
): RunnableCheck[] => {
  const where = at.join(" × ");
  const check = (what: string, body: (station: Station) => Promise<void>): RunnableCheck => ({
    name: `${where}: ${what}`,
    run: () => withStation(plugin, options, at, body),
  });
  const each = (what: string, body: (where: string, station: Station, cell: Cell) => Promise<void>) =>
    check(what, async (station) => {
      ensure(
        station.cells.length > 0,
        `${where}: the table has no level for this pair, so nothing was tried. Leave the pair out with \`pairs\`.`,
      );
      for (const cell of station.cells) await body(`${where} ${cell.access}`, station, cell);
    });
  return [
    each("issue returns the declared kind", async (here, station, cell) =>
      fits(here, cell, await succeeds(`${here}: issue`, () => station.issue(station.target(cell.access)))),
    ),
    each("issue keeps to the lifetime", ends),
    each("issue reaches what it should and nothing else", reaches),
    each("issue never holds the main credential", async (here, station, { access, cell }) => {
      if (cell.mainCredential || !station.method.secret || !station.given.secret) return;
      const { credential } = await station.issue(station.target(access));
      const secrets = secretTexts(station.method.secret.fields, station.given.secret);
      ensure(
        !holdsSecret(asRevealed(credential), secrets),
        `${here}: the issued credential holds the main credential. Exchange it for a short one, or declare handsOut: "main-credential".`,
      );
    }),
    check("twenty issues at once are twenty credentials", async (station) => {
      const [first] = station.cells;
      ensure(first, `${where}: no level.`);
      if (first.cell.mainCredential) return;
      const made = await Promise.all(Array.from({ length: 20 }, () => station.issue(station.target(first.access))));
      const distinct = new Set(made.map(({ credential }) => asRevealed(credential))).size;
      ensure(
        distinct === 20,
        `${where}: twenty issues at once gave ${distinct} credentials. Keep nothing between calls: revoking one would end another.`,
      );
    }),
    check("the cloud's log names the session", async (station) => {
      const [first] = station.cells;
      ensure(first, `${where}: no level.`);
      const call = station.call();
      await station.issue(station.target(first.access), call);
      const labels = station.cloud.requests().map(({ label }) => label);
      if (labels.every((label) => label === undefined)) return;
      ensure(
        labels.includes(call.sessionName),
        `${where}: the cloud's log does not name ${call.sessionName}. Pass call.sessionName on as label: it joins the cloud's log with the audit.`,
      );
    }),
  ];
};
