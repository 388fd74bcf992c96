/** Ids, and the spellings of them that a source needs. */
export const kebabCase = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const longest = 40;
/** Words that no variable may be called, and names that the generated code has for itself. */
const taken = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for function if " +
    "implements import in instanceof interface let new null package private protected public return static super switch this " +
    "throw true try typeof var void while with yield await async connector offer plugin session token call config secret"
  ).split(" "),
);

export class UsageError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

export const pascal = (id: string): string =>
  id.replaceAll(/(?:^|-)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
export const camel = (id: string): string => pascal(id).replace(/^./, (first) => first.toLowerCase());
const constant = (id: string): string => id.toUpperCase().replaceAll("-", "_");
/** `build-cache` → `Build cache`. */
export const titleOf = (id: string): string => id.replaceAll("-", " ").replace(/^./, (first) => first.toUpperCase());

export const checkId = (id: string, what: string): string => {
  if (!kebabCase.test(id) || id.length > longest)
    throw new UsageError(
      `${JSON.stringify(id.slice(0, 60))} is not an id of a ${what}.`,
      `An id is kebab-case, at most ${longest} characters: build-cache, s3-bucket.`,
    );
  if (taken.has(camel(id)))
    throw new UsageError(
      `${id} is a word that the code needs for itself, so no ${what} can be called so.`,
      `Take a longer one: ${id}-one.`,
    );
  return id;
};
const packagePattern = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
export const checkPackage = (name: string): string => {
  if (packagePattern.test(name) && name.length <= 214) return name;
  throw new UsageError(
    `${JSON.stringify(name.slice(0, 60))} is not the name of an npm package.`,
    "For example keywright-plugin-acme, or @team/keywright-acme.",
  );
};

const spaced = (id: string): string => id.replaceAll("-", " ");
/** `api-key`, `apiKey`, `ApiKey`, `API_KEY`, `api key`, `Api key`. A word of the templates has two parts, so no two are alike. */
const spellings: readonly ((id: string) => string)[] = [(id) => id, camel, pascal, constant, spaced, titleOf];
/** Replaces words of the templates in every spelling; `API key` is a title of its own. */
export const renaming = (words: Readonly<Record<string, string>>): ((text: string) => string) => {
  const table = new Map(
    Object.entries(words).flatMap(([from, to]) => [
      ...spellings.map((spell) => [spell(from), spell(to)] as const),
      ...(from === "api-key" && to !== from ? [["API key", titleOf(to)] as const] : []),
    ]),
  );
  const pattern = new RegExp([...table.keys()].join("|"), "g");
  return (text) => text.replaceAll(pattern, (found) => table.get(found) ?? found);
};
