// The known name that someone may have meant. Only for messages: nothing is ever corrected silently.

/** The closest of `known` to `word`, if it is close: at most a third of its letters differ, and at most three. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let distance = Math.min(3, Math.max(1, Math.ceil(word.length / 2))) + 1;
  for (const name of known) {
    const d = edits(word.toLowerCase(), name.toLowerCase());
    if (d < distance) { best = name; distance = d; }
  }
  return best;
}

/** Levenshtein distance with transpositions of neighbours. */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let d = Math.min(previous[j]! + 1, row[j - 1]! + 1, change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2]! + 1);
      row.push(d);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
