// Entries of a list by a key of theirs: made once for each list, which does not change. What it is of, who asks says.

export type Index<Entry> = ReadonlyMap<string, Entry>;

/** Of a list that does not change. */
export function indexBy<Entry>(keyOf: (entry: Entry) => string): (list: readonly Entry[]) => Index<Entry> {
  const made = new WeakMap<readonly Entry[], Index<Entry>>();
  return list => {
    const index = made.get(list) ?? new Map(list.map(entry => [keyOf(entry), entry]));
    made.set(list, index);
    return index;
  };
}
