// Frames of local calls: what a callee must give back, and 512 bytes of stack each.

import { ProgramFault } from '../fault.ts';
import { FRAME_BYTES, STACK } from '../memory/layout.ts';

/** Words of r1 … r9. */
const FIRST = 2, END = 20;
const SAVED = END - FIRST;
const R10 = 20;
const DEEPEST = (STACK.high - STACK.low) / FRAME_BYTES - 1;

export class Frames {
  depth = 0;
  /** Where `leave` stops: that of a callback's own frame. */
  floor = 0;
  private readonly saved = new Int32Array(SAVED * DEEPEST);
  private readonly callers = new Int32Array(DEEPEST);

  /** Of the call at `slot`. A callee begins with its arguments, and zeros elsewhere. */
  enter(registers: Int32Array, slot: number): void {
    if (this.depth === DEEPEST) throw new ProgramFault('fuel', 'loops went round, or calls went down, too often', slot);
    const base = this.depth * SAVED;
    for (let i = 0; i < SAVED; i++) this.saved[base + i] = registers[FIRST + i]!;
    registers[0] = 0;
    registers[1] = 0;
    for (let i = 12; i < END; i++) registers[i] = 0;
    registers[R10] = registers[R10]! - FRAME_BYTES;
    this.callers[this.depth++] = slot;
  }

  /** Slot of the call that the callee returns to; -1: it was the entry. */
  leave(registers: Int32Array): number {
    if (this.depth === this.floor) return -1;
    this.depth--;
    const base = this.depth * SAVED;
    for (let i = 0; i < SAVED; i++) registers[FIRST + i] = this.saved[base + i]!;
    registers[R10] = registers[R10]! + FRAME_BYTES;
    return this.callers[this.depth]!;
  }
}
