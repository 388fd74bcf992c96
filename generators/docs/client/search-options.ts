/** How text becomes words and what weighs how much: the same when the index is made and when it is asked. */
import type { Options, SearchOptions } from "minisearch";

export type Found = {
  readonly url: string;
  readonly title: string;
  /** Of the section; empty for the page itself. */
  readonly heading: string;
  readonly what: string;
};
/** `roleArn`, `role-arn` and `--role-arn` meet in `rolearn`, and are found by their parts too. */
export const wordsOf = (text: string): string[] =>
  text.split(/[^\p{L}\p{N}_.:@-]+/u).flatMap((word) => {
    const parts = word
      .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
      .split(/[^\p{L}\p{N}]+/u)
      .filter((part) => part !== "")
      .map((part) => part.toLowerCase());
    return parts.length > 1 ? [parts.join(""), ...parts] : parts;
  });
export const searchOptions = {
  fields: ["title", "heading", "keywords", "what", "text"],
  storeFields: ["url", "title", "heading", "what"],
  tokenize: wordsOf,
  processTerm: (term: string) => term,
} satisfies Options;
export const fieldBoosts: SearchOptions = {
  boost: { title: 8, heading: 4, keywords: 3 },
  prefix: (_term, index, terms) => index === terms.length - 1,
  fuzzy: (term) => (term.length > 5 ? 0.2 : false),
  // A page stands before its sections.
  boostDocument: (_id, _term, stored) => (stored?.["heading"] === "" ? 1.5 : 1),
  combineWith: "AND",
};
