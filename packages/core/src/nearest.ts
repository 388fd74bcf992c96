/** Edits between two words, a swap of neighbours counting as one. */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitute);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? a.length;
};

const plain = (word: string) => word.toLowerCase().replaceAll(/[-_\s]/g, "");

/** The known word that was probably meant, or null when none is near. */
export const nearest = (word: string, known: readonly string[]): string | null => {
  if (word.length > 100) return null;
  const ranked = known
    .map((one) => ({ one, edits: distance(plain(word), plain(one)) }))
    .toSorted((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best && best.edits <= Math.max(1, Math.floor(word.length / 3)) ? best.one : null;
};

/** ` Did you mean x?`, or nothing. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const one = nearest(word, known);
  return one === null ? "" : ` Did you mean ${one}?`;
};
