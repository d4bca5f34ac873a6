// Whether a program may touch an address: all bytes of an access lie in one region. The interpreter always asks.

import { badAccess } from '../fault.ts';
import type { Hook } from '../hooks/hook.ts';
import { CONTEXT, CONTROL, MAPS, STACK } from '../memory/layout.ts';
import type { Memory } from '../memory/memory.ts';
import { whole } from './arithmetic.ts';

export class Regions {
  private readonly memory: Memory;
  private readonly hook: Hook;

  constructor(memory: Memory, hook: Hook) {
    this.memory = memory;
    this.hook = hook;
  }

  /** The address of `bytes` bytes at register + offset; `word` is where the register's low half is. Throws a ProgramFault. */
  at(registers: Int32Array, word: number, offset: number, bytes: number, access: 'read' | 'write', slot: number): number {
    const at = (registers[word]! >>> 0) + offset;
    if (registers[word + 1] === 0) {
      if (at >= STACK.low && at + bytes <= STACK.high) return at;
      const { view } = this.memory;
      if (at >= view.getInt32(CONTROL.packetStart, true) && at + bytes <= view.getInt32(CONTROL.packetEnd, true)) return at;
      if (at >= MAPS && at + bytes <= view.getInt32(CONTROL.mapsEnd, true) && (access === 'read' || this.memory.isWritable(at, at + bytes))) return at;
      if (at >= CONTEXT && this.inContext(at - CONTEXT, bytes, access)) return at;
    }
    throw badAccess(BigInt.asUintN(64, whole(registers[word]!, registers[word + 1]!) + BigInt(offset)), bytes, access, slot);
  }

  private inContext(from: number, bytes: number, access: 'read' | 'write'): boolean {
    if (access === 'read') return from + bytes <= this.hook.contextBytes;
    return this.hook.writable.some(([low, high]) => from >= low && from + bytes <= high);
  }
}
