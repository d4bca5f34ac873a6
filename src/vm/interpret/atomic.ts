// Atomic operations (RFC 9669 section 5.3). There is one thread, so they are a load, an operation and a store.

import { ATOMIC_OPS } from '../../isa/opcodes.ts';

/** On the word, or two words, at an address; `source` is the register's low word in the file. */
export function atomic(operation: number, bytes: 4 | 8, view: DataView, at: number, registers: Int32Array, source: number): void {
  const oldLow = view.getInt32(at, true);
  const oldHigh = bytes === 8 ? view.getInt32(at + 4, true) : 0;
  let low = registers[source]!, high = registers[source + 1]!;
  switch (operation) {
    case ATOMIC_OPS.add: case ATOMIC_OPS['fetch-add']: {
      const sum = (low >>> 0) + (oldLow >>> 0);
      high = high + oldHigh + (sum > 0xffff_ffff ? 1 : 0) | 0;
      low = sum | 0;
      break;
    }
    case ATOMIC_OPS.or: case ATOMIC_OPS['fetch-or']: low |= oldLow; high |= oldHigh; break;
    case ATOMIC_OPS.and: case ATOMIC_OPS['fetch-and']: low &= oldLow; high &= oldHigh; break;
    case ATOMIC_OPS.xor: case ATOMIC_OPS['fetch-xor']: low ^= oldLow; high ^= oldHigh; break;
    case ATOMIC_OPS.xchg: break;
    case ATOMIC_OPS.cmpxchg: {
      const equal = registers[0] === oldLow && (bytes === 4 || registers[1] === oldHigh);
      registers[0] = oldLow;
      registers[1] = oldHigh;
      if (!equal) return;
      break;
    }
    default: throw new Error(`no atomic operation has number ${operation}`);
  }
  view.setInt32(at, low, true);
  if (bytes === 8) view.setInt32(at + 4, high, true);
  // Operations with the fetch bit leave the old value; cmpxchg left it in r0.
  if ((operation & 1) !== 0 && operation !== ATOMIC_OPS.cmpxchg) {
    registers[source] = oldLow;
    registers[source + 1] = oldHigh;
  }
}
