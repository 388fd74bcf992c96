/** Resource ids: every accepted spelling leads to one id, and no value can break out of where it is placed. */
import fc from "fast-check";
import {
  bracketedIn,
  canonicalise,
  type IdField,
  KeywrightError,
  namesIn,
  type Offer,
  type Plugin,
  render,
  type ResourceIdFormat,
} from "@keywright/core";
import type { RunnableCheck } from "../harness/runner.ts";
import { connectorOf } from "./bench.ts";
import { ensure, failureOf } from "./ensure.ts";
import type { PluginTestOptions } from "./options.ts";

/** Each of these ends a string, matches more than one name, or climbs, in some policy language or URL. */
const hostile = ['"', "'", "`", "*", "?", "$", "\n", "\\", "<", "{", "}", ".."];

/** Values of a field: its pattern, whole. */
const valuesOf = ({ pattern }: IdField): fc.Arbitrary<string> => {
  const whole = new RegExp(`^(?:${pattern})$`);
  // The generator knows no look-around: it runs without, and what does not fit is dropped.
  const plain = pattern.replaceAll(/\(\?[!=](?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)/g, "");
  return fc.stringMatching(new RegExp(`^(?:${plain})$`), { size: "-1" }).filter((value) => whole.test(value));
};

type Sample = { readonly spelling: string; readonly fields: Readonly<Record<string, string>>; readonly bare: boolean };
const samplesOf = (format: ResourceIdFormat): fc.Arbitrary<Sample> =>
  fc.record({
    spelling: fc.constantFrom<string>(...format.spellings),
    fields: fc.record(
      Object.fromEntries(Object.entries(format.fields).map(([name, field]) => [name, valuesOf(field)])),
    ),
    bare: fc.boolean(),
  });

const seed = 20_261_121;
const roundTrip = (id: string, format: ResourceIdFormat): void => {
  const property = fc.property(samplesOf(format), ({ spelling, fields, bare }) => {
    const optional = new Set(bracketedIn(spelling));
    const used = Object.fromEntries(Object.entries(fields).filter(([name]) => !bare || !optional.has(name)));
    const written = render(spelling, used);
    let first;
    try {
      first = canonicalise(format, written, fields);
    } catch (error) {
      // A spelling may be ambiguous with one before it, whose parts then do not agree: refused is honest.
      ensure(
        KeywrightError.is(error),
        `${id}: ${JSON.stringify(written)} fails with ${String(error)}, which is no answer.`,
      );
      ensure(
        written !== render(format.spellings[0], used),
        `${id}: ${JSON.stringify(written)} fits ${spelling} and is refused: ${error.message} Correct the pattern or the spelling.`,
      );
      return;
    }
    let again;
    try {
      again = canonicalise(format, first.id, fields);
    } catch (error) {
      ensure(
        false,
        `${id}: ${JSON.stringify(written)} becomes ${first.id}, which is itself refused: ${(error as Error).message}`,
      );
    }
    ensure(
      again.id === first.id,
      `${id}: ${JSON.stringify(written)} becomes ${first.id}, and that becomes ${again.id}. A canonical id must be its own canonical id, or grants of one resource look like two.`,
    );
    const ofCase: Record<string, string> = {};
    for (const [name, value] of Object.entries<string>(used))
      ofCase[name] = format.fields[name]?.ignoreCase ? value.toUpperCase() : value;
    const shouted = canonicalise(format, render(spelling, ofCase), fields);
    ensure(
      shouted.id === first.id,
      `${id}: ${shouted.id} and ${first.id} differ by a case that its field ignores. Write one of them.`,
    );
  });
  fc.assert(property, { seed, numRuns: 200 });
};

const guards = (id: string, { fields, spellings }: ResourceIdFormat): void => {
  const placed = new Set(spellings.flatMap((spelling) => namesIn(spelling)));
  for (const [name, { pattern, example }] of Object.entries(fields)) {
    // A name of rewrites alone never leaves them.
    if (!placed.has(name)) continue;
    const whole = new RegExp(`^(?:${pattern})$`);
    const [sample = "a1b2c3"] =
      example === undefined ? fc.sample(valuesOf({ pattern }), { numRuns: 1, seed }) : [example];
    ensure(whole.test(sample), `${id}: the example ${sample} of ${name} does not fit its own pattern.`);
    for (const bad of hostile) {
      const tried = [
        bad,
        `${sample}${bad}`,
        `${bad}${sample}`,
        ...[1, 2, 3].map((at) => sample.slice(0, at) + bad + sample.slice(at)),
      ];
      const found = tried
        .filter((value) => bad !== ".." || /(?:^|\/)\.\.(?:\/|$)/.test(value))
        .find((value) => whole.test(value));
      ensure(
        found === undefined,
        `${id}: the pattern of ${name} admits ${JSON.stringify(found)}. Values are placed into policies and addresses: leave out quotes, wildcards, $, newlines and "..".`,
      );
    }
  }
};

export const spellingChecks = (plugin: Plugin, options: PluginTestOptions): RunnableCheck[] => {
  const offers = connectorOf(plugin, options).type.resources as readonly Offer[];
  return offers.flatMap(({ type: { id }, resourceId }) =>
    resourceId === null
      ? []
      : [
          {
            name: `${id}: every spelling leads to one id`,
            run: async () => {
              const error = await failureOf(async () => roundTrip(id, resourceId));
              const cause = (error as Error | undefined)?.cause;
              ensure(error === undefined, cause instanceof Error ? cause.message : String(error));
            },
          },
          { name: `${id}: ids admit nothing that breaks out`, run: async () => guards(id, resourceId) },
        ],
  );
};
