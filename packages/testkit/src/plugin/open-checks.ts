/** What `open` owes: who we are, every fact, and a clear no to a wrong credential. */
import { notTried } from "../harness/not-tried.ts";
import { KeywrightError, type Plugin } from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import type { TestCloud } from "../harness/test-cloud.ts";
import { type AnyOpened, type Bench, inputOf, withBench } from "./bench.ts";
import { ensure, failureOf, named, succeeds } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";

const whole = ({ type, method }: Bench, { identity, facts, expiresAt }: AnyOpened): void => {
  ensure(
    typeof identity?.principal === "string" && identity.principal !== "" && identity.by !== "",
    `${method.id}: open returns no identity. Return { principal, by }: the audit and every refusal name it.`,
  );
  const told = facts as Readonly<Record<string, unknown>>;
  const missing = type.facts.filter((name) => typeof told[name] !== "string");
  ensure(
    missing.length === 0,
    `${method.id}: open returns no fact ${missing.join(", ")}. Every declared fact is text; templates are filled from it.`,
  );
  const undeclared = Object.keys(told).filter((name) => !type.facts.includes(name));
  ensure(
    undeclared.length === 0,
    `${method.id}: open returns the fact ${undeclared.join(", ")}, which the connector type does not declare in facts.`,
  );
  ensure(expiresAt === null || expiresAt instanceof Date, `${method.id}: expiresAt of open is a Date or null.`);
};

const deepFreeze = (value: unknown): void => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
};

const untouched = async (bench: Bench, part: "config" | "secret"): Promise<void> => {
  const { type, method, given, runtime } = bench;
  const input = inputOf(type, method, given);
  const before = JSON.stringify(input[part]);
  deepFreeze(input[part]);
  const call = bench.call();
  const error = await failureOf(() => bench.run(call, async () => runtime.authMethods[method.id]?.open(input, call)));
  ensure(
    !(error instanceof TypeError) && JSON.stringify(input[part]) === before,
    `${method.id}: open changes the ${part} it was given (${named(error)}). Copy it first: the host uses the same object again.`,
  );
};

export const openChecks = <Cloud extends TestCloud>(
  plugin: Plugin,
  options: PluginTestOptions<Cloud>,
  name: string,
): RunnableCheck[] => {
  const check = (what: string, body: (bench: Bench) => Promise<void>): RunnableCheck => ({
    name: `${name}: ${what}`,
    run: () => withBench(plugin, options, name, body),
  });
  return [
    check("open says who we are and every fact", async (bench) => {
      whole(bench, await succeeds(`${name}: open`, () => bench.open()));
    }),
    check("open takes what is already known", async (bench) => {
      const { identity, facts } = await bench.open();
      const call = bench.call({ known: { principal: identity.principal, facts: facts as Record<string, string> } });
      const again = await succeeds(`${name}: open with call.known`, () => bench.open(call));
      whole(bench, again);
      ensure(
        again.identity.principal === identity.principal,
        `${name}: open with call.known names another principal. Return what is known, or ask again.`,
      );
    }),
    check("open refuses a wrong secret", async (bench) => {
      const { given, method } = bench;
      if (given.wrongSecret === undefined) {
        if (given.secret !== null) notTried(`${name}: open refuses a wrong secret`, "`wrongSecret`");
        return;
      }
      const wanted = given.wrongCode ?? "credential-rejected";
      const error = await failureOf(() => bench.open(bench.call(), { ...given, secret: given.wrongSecret ?? null }));
      ensure(
        KeywrightError.is(error) && error.code === wanted,
        `${method.id}: open with a wrong secret ends with ${error === undefined ? "success" : named(error)}, not ${wanted}. Ask the cloud who we are, and map its refusal.`,
      );
      ensure(error.hint, `${method.id}: the refusal of a wrong secret has no hint. Say what to do about it.`);
    }),
    check("open asks no human", async (bench) => {
      const error = await failureOf(() => bench.open());
      ensure(
        !bench.watch.prompted,
        `${name}: open reads from the terminal. Servers have none and would hang: dialogues belong into login.`,
      );
      ensure(error === undefined, `${name}: open fails with ${named(error)}.`);
    }),
    check("open leaves the config as it was", (bench) => untouched(bench, "config")),
    check("open leaves the secret as it was", (bench) => untouched(bench, "secret")),
    check("open dials only what is allowed", async (bench) => {
      // An operator's address that is taken away again; the type's own hosts are no business of an operator.
      const error = await failureOf(() => bench.open(bench.call({ hosts: ["nothing.invalid"] })));
      if (error === undefined && bench.cloud.requests().length === 0) return;
      ensure(
        KeywrightError.is(error) && error.code === "endpoint-not-allowed",
        `${name}: a dial that the host refused surfaces as ${error === undefined ? "success" : named(error)}, not endpoint-not-allowed. Let errors of call.network pass through as they are.`,
      );
    }),
    check("two connectors share nothing", async (bench) => {
      const { given } = bench;
      if (!given.other) return notTried(`${name}: two connectors share nothing`, "`other`, a second identity");
      const [one, two] = await Promise.all([bench.open(), bench.open(bench.call(), given.other)]);
      ensure(
        one.identity.principal !== two.identity.principal && one.session !== two.session,
        `${name}: two connectors with different credentials are both ${two.identity.principal}. Keep sessions in what open returns, never in a module.`,
      );
    }),
  ];
};
