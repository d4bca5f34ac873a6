// Rows by key that never change: a changed table is another, which shares with it all domains that are the same. So what was found out about a domain
// holds as long as its part is the same object. Keys are `Kind/name`, of the zone, or `Kind/domain/name`.

/** By kind, by key. */
export type Part<V> = ReadonlyMap<string, ReadonlyMap<string, V>>;

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();
/** Where rows of the zone are. */
const ZONE = '';

export class Table<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #domains: ReadonlyMap<string, Part<V>>;

  private constructor(domains: ReadonlyMap<string, Part<V>>, size: number) {
    this.#domains = domains;
    this.size = size;
  }

  static readonly empty: Table<never> = new Table(NOTHING, 0);

  static from<V>(rows: ReadonlyMap<string, V>): Table<V> {
    return rows instanceof Table ? rows as Table<V> : (Table.empty as Table<V>).changed(rows, []);
  }

  /** Deletions come first. */
  changed(puts: Iterable<readonly [string, V]>, deletes: Iterable<string>): Table<V> {
    const domains = new Map(this.#domains);
    const copied = new Set<unknown>();
    let { size } = this;
    const rowsOf = (key: string): Map<string, V> => {
      const { domain, kind } = placeOf(key);
      let part = domains.get(domain) as Map<string, Map<string, V>> | undefined;
      if (!part || !copied.has(part)) { part = new Map(part); copied.add(part); domains.set(domain, part); }
      let rows = part.get(kind);
      if (!rows || !copied.has(rows)) { rows = new Map(rows); copied.add(rows); part.set(kind, rows); }
      return rows;
    };
    const shrunk = new Set<string>();
    for (const key of deletes) if (this.has(key) && rowsOf(key).delete(key)) { size--; shrunk.add(key); }
    for (const [key, value] of puts) {
      const rows = rowsOf(key);
      if (!rows.has(key)) size++;
      rows.set(key, value);
    }
    for (const { domain, kind } of [...shrunk].map(placeOf)) {
      const part = domains.get(domain) as Map<string, ReadonlyMap<string, V>> | undefined;
      if (part?.get(kind)?.size === 0) part.delete(kind);
      if (part?.size === 0) domains.delete(domain);
    }
    return copied.size === 0 ? this : new Table(domains, size);
  }

  get(key: string): V | undefined {
    const { domain, kind } = placeOf(key);
    return this.#domains.get(domain)?.get(kind)?.get(key);
  }

  has(key: string): boolean {
    const { domain, kind } = placeOf(key);
    return this.#domains.get(domain)?.get(kind)?.has(key) === true;
  }

  domains(): string[] {
    return [...this.#domains.keys()].filter(d => d !== ZONE);
  }

  /** The same object as long as nothing in it changed. */
  part(domain: string): Part<V> {
    return this.#domains.get(domain) ?? NOTHING;
  }

  /** Without a domain: the zone's. */
  under(kind: string, domain: string = ZONE): ReadonlyMap<string, V> {
    return this.#domains.get(domain)?.get(kind) ?? NOTHING;
  }

  * entries(): MapIterator<[string, V]> {
    for (const part of this.#domains.values()) for (const rows of part.values()) yield* rows;
  }
  * keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }
  * values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }
  forEach(each: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) each(value, key, this);
  }
}

/** `Kind`, and the domain, if the key has one. */
export function placeOf(key: string): { readonly kind: string; readonly domain: string } {
  const first = key.indexOf('/');
  const second = key.indexOf('/', first + 1);
  return { kind: key.slice(0, first), domain: second < 0 ? ZONE : key.slice(first + 1, second) };
}
