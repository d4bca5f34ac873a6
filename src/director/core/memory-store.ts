// A store in memory: for the simulation, and for a Director that shall forget. Nothing survives the process.

import type { Json } from '../../model/canonical.ts';
import type { AppendResult, ChangeSet, Entry, Snapshot, Store } from './log.ts';

export class MemoryStore implements Store {
  readonly #epoch: string;
  readonly #entries: Entry[] = [];
  readonly #values = new Map<string, { readonly value: Json; readonly revision: number }>();

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  snapshot(): Snapshot {
    const values = [...this.#values].sort(([a], [b]) => a < b ? -1 : 1).map(([key, v]) => ({ key, ...v }));
    return { epoch: this.#epoch, revision: this.#entries.length, values };
  }

  append(expectedRevision: number, changeSet: ChangeSet): AppendResult {
    if (expectedRevision !== this.#entries.length) return { ok: false, revision: this.#entries.length };
    const revision = expectedRevision + 1;
    this.#entries.push({ revision, changeSet });
    for (const key of changeSet.deletes) this.#values.delete(key);
    for (const { key, value } of changeSet.puts) this.#values.set(key, { value, revision });
    return { ok: true, revision };
  }

  read(from: number, most = Number.POSITIVE_INFINITY): readonly Entry[] {
    return this.#entries.slice(from, from + most);
  }

  close(): void {}
}
