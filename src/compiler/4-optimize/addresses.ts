// Constant offsets go into the accesses that use them; stores drop masks of bits that they do not store.

import type { Make } from './fold.ts';
import { constOf, defInst, type Inst, type Value } from '../ir/ir.ts';

const MAX_OFFSET = 0x7fff;

export function addressOf(inst: Inst, make: Make): boolean {
  let changed = false;
  if (inst.op === 'offset') {
    const def = defInst(inst.args[0] as Value);
    if (def?.op === 'offset') {
      inst.args[0] = def.args[0] as Value;
      inst.bytes += def.bytes;
      changed = true;
    }
  }
  if (inst.op !== 'load' && inst.op !== 'store' && inst.op !== 'atomic') return changed;
  const def = defInst(inst.args[0] as Value);
  if (def?.op === 'offset' && Math.abs(inst.offset + def.bytes) <= MAX_OFFSET) {
    inst.args[0] = def.args[0] as Value;
    inst.offset += def.bytes;
    changed = true;
  }
  // One address register for all fields of a map's value.
  if (def?.op === 'map-value' && def.offset !== 0 && inst.offset + def.offset <= MAX_OFFSET) {
    inst.args[0] = make({ op: 'map-value', map: def.map, offset: 0 }, [], 'value');
    inst.offset += def.offset;
    changed = true;
  }
  if (inst.op === 'store') {
    const stored = defInst(inst.args[1] as Value);
    const kept = (1n << BigInt(8 * inst.bytes)) - 1n;
    const mask = stored?.op === 'alu' && stored.alu === 'and' ? constOf(stored.args[1] as Value) : undefined;
    if (mask !== undefined && (mask & kept) === kept) {
      inst.args[1] = stored?.args[0] as Value;
      changed = true;
    }
  }
  return changed;
}
