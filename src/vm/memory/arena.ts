// Blocks of linear memory for maps: first fit, neighbours merged when freed. Blocks are zeroed and keep their address until freed.
// What programs may write and what they may not lie on different pages, so that a check of an access tells them apart.

import { MAPS, PAGE_BYTES, WRITABLE } from './layout.ts';
import type { Memory } from './memory.ts';

/** Wide enough that a value's alignment is that of its offset, for any type. */
const ALIGN = 64;

/** `values`: programs write there. `own`: keys, chains, handles of programs and maps, which they at most read. */
export type Use = 'values' | 'own';

interface Gap { start: number; end: number }

export class Arena {
  private readonly memory: Memory;
  private end = MAPS;
  /** Free below `end`, by address. */
  private readonly gaps: Readonly<Record<Use, Gap[]>> = { values: [], own: [] };

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** The address of `bytes` zeros, or undefined where memory is at its limit. */
  take(bytes: number, use: Use): number | undefined {
    const size = roundUp(bytes), gaps = this.gaps[use];
    const index = gaps.findIndex(g => g.end - g.start >= size);
    if (index >= 0) {
      const gap = gaps[index]!;
      const start = gap.start;
      gap.start += size;
      if (gap.start === gap.end) gaps.splice(index, 1);
      this.memory.bytes.fill(0, start, start + size);
      return start;
    }
    const start = this.end, end = start + Math.ceil(size / PAGE_BYTES) * PAGE_BYTES;
    if (!this.memory.reach(end)) return undefined;
    this.end = end;
    this.memory.bytes.fill(use === 'values' ? 1 : 0, WRITABLE + start / PAGE_BYTES, WRITABLE + end / PAGE_BYTES);
    if (start + size < end) this.free(start + size, end);
    return start;
  }

  give(start: number, bytes: number): void {
    this.free(start, start + roundUp(bytes));
  }

  private free(start: number, end: number): void {
    const gaps = this.gaps[this.memory.bytes[WRITABLE + Math.floor(start / PAGE_BYTES)] === 1 ? 'values' : 'own'];
    let index = gaps.findIndex(g => g.start > start);
    if (index < 0) index = gaps.length;
    gaps.splice(index, 0, { start, end });
    for (const i of [index, index - 1]) {
      const gap = gaps[i];
      const next = gaps[i + 1];
      if (gap === undefined || next === undefined || gap.end !== next.start) continue;
      gap.end = next.end;
      gaps.splice(i + 1, 1);
    }
  }
}

function roundUp(bytes: number): number {
  return Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
}
