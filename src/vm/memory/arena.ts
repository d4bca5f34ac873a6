// Blocks of linear memory for maps: first fit, neighbours merged when freed. Blocks are zeroed and keep their address until freed.

import { MAPS } from './layout.ts';
import type { Memory } from './memory.ts';

/** Wide enough that a value's alignment is that of its offset, for any type. */
const ALIGN = 64;

interface Gap { start: number; end: number }

export class Arena {
  private readonly memory: Memory;
  private end = MAPS;
  /** Free below `end`, by address. */
  private readonly gaps: Gap[] = [];

  constructor(memory: Memory) {
    this.memory = memory;
  }

  /** The address of `bytes` zeros, or undefined where memory is at its limit. */
  take(bytes: number): number | undefined {
    const size = roundUp(bytes);
    const index = this.gaps.findIndex(g => g.end - g.start >= size);
    if (index >= 0) {
      const gap = this.gaps[index]!;
      const start = gap.start;
      gap.start += size;
      if (gap.start === gap.end) this.gaps.splice(index, 1);
      this.memory.bytes.fill(0, start, start + size);
      return start;
    }
    if (!this.memory.reach(this.end + size)) return undefined;
    const start = this.end;
    this.end += size;
    return start;
  }

  give(start: number, bytes: number): void {
    const end = start + roundUp(bytes);
    let index = this.gaps.findIndex(g => g.start > start);
    if (index < 0) index = this.gaps.length;
    this.gaps.splice(index, 0, { start, end });
    for (const i of [index, index - 1]) {
      const gap = this.gaps[i];
      const next = this.gaps[i + 1];
      if (gap === undefined || next === undefined || gap.end !== next.start) continue;
      gap.end = next.end;
      this.gaps.splice(i + 1, 1);
    }
  }
}

function roundUp(bytes: number): number {
  return Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
}
