// Which slots of the prog array an element has: by uid, or uid/role, fixed from the first mention (an endpoint or a wire may come before its element)
// until nothing mentions it, for entry programs carry the slot as a constant.

import { DatapathError } from '../datapath.ts';
import type { Records } from './engine.ts';

const RECORD = 'slots';
/** The role of the program that an element is entered by. */
const ENTRY = 'entry';

export class SlotTable {
  readonly #records: Records;
  readonly #most: number;
  readonly #slots: Map<string, number>;

  constructor(records: Records, most: number) {
    this.#records = records;
    this.#most = most;
    this.#slots = new Map(Object.entries((records.get(RECORD) ?? {}) as Record<string, number>));
  }

  /** `role`: of a program of the element's besides the one that it is entered by. */
  of(uid: string, role = ENTRY): number {
    const name = role === ENTRY ? uid : `${uid}/${role}`;
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#slots.values());
    let slot = 0;
    while (taken.has(slot)) slot++;
    if (slot >= this.#most) throw new DatapathError(`all ${this.#most} slots for elements are taken`, { cure: 'spread the networks over more servers' });
    this.#slots.set(name, slot);
    this.#save();
    return slot;
  }

  /** Gives back the slots of all uids that `mentioned` lacks. */
  keepOnly(mentioned: ReadonlySet<string>): void {
    const gone = [...this.#slots.keys()].filter(name => !mentioned.has(name.split('/')[0] as string));
    if (gone.length === 0) return;
    for (const name of gone) this.#slots.delete(name);
    this.#save();
  }

  #save(): void {
    this.#records.put(RECORD, Object.fromEntries(this.#slots));
  }
}
