// What visors said last, by server. It never changes: with one word more it is another, which shares nearly all with it, for a thousand visors speak every second.

import { hash32 } from '../../model/hash32.ts';
import type { VisorStatus } from '../../model/status.ts';

interface Said { readonly heardMs: number; readonly status: VisorStatus }

const SHARES = 64;

export class Statuses {
  readonly #shares: readonly ReadonlyMap<string, Said>[];

  private constructor(shares: readonly ReadonlyMap<string, Said>[]) {
    this.#shares = shares;
  }

  static readonly none = new Statuses(Array.from({ length: SHARES }, () => new Map()));

  get(server: string): Said | undefined {
    return this.#shares[hash32(server) % SHARES]!.get(server);
  }

  with(server: string, said: Said): Statuses {
    const place = hash32(server) % SHARES;
    return new Statuses(this.#shares.with(place, new Map(this.#shares[place]).set(server, said)));
  }

  * [Symbol.iterator](): IterableIterator<readonly [string, Said]> {
    for (const share of this.#shares) yield* share;
  }
}
