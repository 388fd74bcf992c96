/** Any accepted spelling of a resource id → its canonical id, from data alone. */
import type { ResourceIdFormat } from "./contract.ts";
import { KeywrightError } from "./errors.ts";
import { bracketedIn, match, namesIn, render, type Values } from "./template.ts";

export type Canonical = { readonly id: string; readonly fields: Readonly<Record<string, string>> };
const longest = 2048;

const invalid = (message: string, hint: string) => new KeywrightError("resource-id-invalid", message, { hint });
const shown = (spelled: string) => JSON.stringify(spelled.length > 80 ? `${spelled.slice(0, 77)}...` : spelled);

/**
 * `known`: the connector's configuration and its kept facts. Throws `resource-id-invalid` with the reason, or
 * `out-of-scope` when the id names another account, region or partition than the connector's; never guesses.
 */
export const canonicalise = (format: ResourceIdFormat, spelled: string, known: Values = {}): Canonical => {
  const canonical = format.spellings[0];
  const accepted = `Write ${format.spellings.join(", ")}.`;
  if (spelled.trim() === "") throw invalid("The resource id is empty.", accepted);
  if (spelled.length > longest) throw invalid(`The resource id is longer than ${longest} characters.`, accepted);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(spelled)) throw invalid("The resource id has a control character.", accepted);
  let text = spelled.trim();
  for (let step = 0; step < 8; step++) {
    const next = (format.rewrites ?? [])
      .map(([from, to]) => {
        const found = match(from, format.fields, text);
        return found && render(to, { ...known, ...found });
      })
      .find((one) => one !== null && one !== text);
    if (next === undefined || next === null) break;
    text = next;
  }
  const wanted = namesIn(canonical);
  const optional = new Set(bracketedIn(canonical));
  for (const spelling of format.spellings) {
    const found = match(spelling, format.fields, text);
    if (!found) continue;
    for (const [name, value] of Object.entries(found)) {
      if (wanted.includes(name) || known[name] === value) continue;
      if (known[name] === undefined) {
        throw invalid(
          `${shown(spelled)} names ${name} ${value}, and the connector's ${name} is not known yet.`,
          `Verify the connector first, or write ${canonical}.`,
        );
      }
      throw new KeywrightError(
        "out-of-scope",
        `${shown(spelled)} is of ${name} ${value}; the connector's ${name} is ${known[name]}.`,
        {
          hint: `Use a connector of ${name} ${value}.`,
        },
      );
    }
    const fields = Object.fromEntries(
      wanted.flatMap((name) => {
        const value = found[name] ?? (optional.has(name) ? undefined : known[name]);
        if (value === undefined && !optional.has(name))
          throw invalid(`${shown(spelled)} lacks its ${name}.`, `Write ${canonical}.`);
        return value === undefined ? [] : [[name, format.fields[name]?.ignoreCase ? value.toLowerCase() : value]];
      }),
    );
    const id = render(canonical, fields);
    if (!match(canonical, format.fields, id))
      throw invalid(`${id} has a part that does not fit ${canonical}.`, accepted);
    return { id, fields };
  }
  throw invalid(`${shown(spelled)} is not a resource id of this type.`, accepted);
};

/** Whether `id` is `scope` itself or a sub-resource of it (a prefix of a bucket, a repository of a registry). */
export const isWithin = (format: ResourceIdFormat, scope: Canonical, id: Canonical): boolean => {
  const optional = new Set(bracketedIn(format.spellings[0]));
  return namesIn(format.spellings[0]).every((name) => {
    const wide = scope.fields[name];
    const narrow = id.fields[name];
    if (wide === narrow) return true;
    if (!optional.has(name)) return false;
    return wide === undefined || (narrow?.startsWith(`${wide}/`) ?? false);
  });
};
