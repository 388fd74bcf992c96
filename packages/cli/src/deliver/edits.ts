/** Changes of a text that can be taken back to the byte. */
import { createHash } from "node:crypto";

/** At `at` of the text before: `removed` makes room for `inserted`. In order, and apart from one another. */
export type Edit = { readonly at: number; readonly removed: string; readonly inserted: string };

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

export const applyEdits = (text: string, edits: readonly Edit[]): string => {
  let result = "";
  let from = 0;
  for (const { at, removed, inserted } of edits) {
    result += text.slice(from, at) + inserted;
    from = at + removed.length;
  }
  return result + text.slice(from);
};

/** The text before, from the text that `applyEdits` made. */
export const undoEdits = (text: string, edits: readonly Edit[]): string => {
  let shift = 0;
  const back = edits.map(({ at, removed, inserted }) => {
    const edit = { at: at + shift, removed: inserted, inserted: removed };
    shift += inserted.length - removed.length;
    return edit;
  });
  return applyEdits(text, back);
};

/** The text was changed elsewhere since: each insertion is taken out where it stands now. Null where one is not found once. */
export const undoMoved = (text: string, edits: readonly Edit[]): string | null => {
  let result = text;
  for (const { removed, inserted } of edits) {
    const at = result.indexOf(inserted);
    if (at < 0 || result.indexOf(inserted, at + 1) >= 0) return null;
    result = result.slice(0, at) + removed + result.slice(at + inserted.length);
  }
  return result;
};
