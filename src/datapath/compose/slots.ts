// Which slot of the prog array an element has: by uid, fixed from the first mention (an endpoint or a wire may come before its element)
// until nothing mentions it, for entry programs carry the slot as a constant.

import { DatapathError } from '../datapath.ts';
import type { Records } from './engine.ts';

const RECORD = 'slots';

export class SlotTable {
  readonly #records: Records;
  readonly #most: number;
  readonly #slots: Map<string, number>;

  constructor(records: Records, most: number) {
    this.#records = records;
    this.#most = most;
    this.#slots = new Map(Object.entries((records.get(RECORD) ?? {}) as Record<string, number>));
  }

  of(uid: string): number {
    const known = this.#slots.get(uid);
    if (known !== undefined) return known;
    const taken = new Set(this.#slots.values());
    let slot = 0;
    while (taken.has(slot)) slot++;
    if (slot >= this.#most) throw new DatapathError(`all ${this.#most} slots for elements are taken`, { cure: 'spread the networks over more servers' });
    this.#slots.set(uid, slot);
    this.#save();
    return slot;
  }

  /** Gives back the slots of all that `mentioned` lacks. */
  keepOnly(mentioned: ReadonlySet<string>): void {
    const gone = [...this.#slots.keys()].filter(uid => !mentioned.has(uid));
    if (gone.length === 0) return;
    for (const uid of gone) this.#slots.delete(uid);
    this.#save();
  }

  #save(): void {
    this.#records.put(RECORD, Object.fromEntries(this.#slots));
  }
}
