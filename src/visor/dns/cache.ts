// Answers of other resolvers, kept as long as they say, and no more than there is room for: the one that was not asked for longest goes. Pure:
// the time comes in.

import type { Heard } from './message.ts';

export const MOST_ENTRIES = 4096;
export const MOST_BYTES = 4 << 20;
/** An answer is asked for anew once an hour, and that a name is not there once in five minutes, whatever is said (RFC 2308 5). */
const MOST_SECONDS = 3600, MOST_SECONDS_OF_NOTHING = 300;

interface Kept { readonly heard: Heard; readonly fromMs: number; readonly untilMs: number }

export class AnswerCache {
  /** In the order of use. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  get(key: string, nowMs: number): { readonly heard: Heard; readonly ageSeconds: number } | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#drop(key);
    if (nowMs >= kept.untilMs) return undefined;
    this.#keep(key, kept);
    return { heard: kept.heard, ageSeconds: Math.floor((nowMs - kept.fromMs) / 1000) };
  }

  put(key: string, heard: Heard, nowMs: number): void {
    this.#drop(key);
    const isNothing = heard.code !== 0 || new DataView(heard.bytes.buffer, heard.bytes.byteOffset).getUint16(6) === 0;
    const seconds = Math.min(heard.ttl, isNothing ? MOST_SECONDS_OF_NOTHING : MOST_SECONDS);
    if (seconds <= 0 || heard.bytes.length > MOST_BYTES / 8) return;
    this.#keep(key, { heard, fromMs: nowMs, untilMs: nowMs + 1000 * seconds });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_ENTRIES && this.#bytes <= MOST_BYTES) return;
      this.#drop(oldest);
    }
  }

  get size(): number {
    return this.#kept.size;
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    this.#bytes += kept.heard.bytes.length;
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept && this.#kept.delete(key)) this.#bytes -= kept.heard.bytes.length;
  }
}
