// Which resources changed in the newest revisions: so that a watch, or a list in pages, goes on where it was. Bounded; what is older is forgotten.

import { KIND_NAMES } from '../../model/resource.ts';
import { touchedBy, type Entry } from '../core/log.ts';

export const MAX_RECENT_REVISIONS = 4096;
const MAX_RECENT_KEYS = 262_144;

export class RecentChanges {
  /** Rows follow each other: one holds what came behind the one before it, up to its revision. */
  readonly #rows: { readonly revision: number; readonly keys: readonly string[] }[] = [];
  #keys = 0;
  /** Behind this revision everything is known. */
  #floor: number;
  #newest: number;

  /** `entries`: the newest of the log, up to `revision`. */
  constructor(revision: number, entries: readonly Entry[]) {
    this.#floor = this.#newest = entries[0] ? entries[0].revision - 1 : revision;
    for (const entry of entries) this.add(entry.revision, touchedBy(entry.changeSet).filter(isResource));
  }

  add(revision: number, keys: readonly string[]): void {
    this.#rows.push({ revision, keys });
    this.#keys += keys.length;
    this.#newest = revision;
    while (this.#rows.length > MAX_RECENT_REVISIONS || this.#keys > MAX_RECENT_KEYS) {
      const gone = this.#rows.shift()!;
      this.#keys -= gone.keys.length;
      this.#floor = gone.revision;
    }
  }

  /** Keys of resources that changed behind `revision`; undefined: that is too long ago, or has not been yet. */
  since(revision: number): ReadonlySet<string> | undefined {
    if (revision < this.#floor || revision > this.#newest) return undefined;
    return new Set(this.#rows.filter(r => r.revision > revision).flatMap(r => r.keys));
  }
}

function isResource(key: string): boolean {
  return (KIND_NAMES as readonly string[]).includes(key.slice(0, key.indexOf('/')));
}
