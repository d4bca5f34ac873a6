// Keys and values on the stack, for the helpers of maps. A key of a map of the whole image begins with the element's id.
//
//     0         4                    the slot is laid so that the author's key has its own alignment
//     | element | key … |

import { alignOf, sizeOf } from '../../image/layout.ts';
import type { MapSymbol, Place } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { layoutFor, storeValue } from './memory.ts';
import { ELEMENT_BYTES, EXPIRES_BYTES } from './map-table.ts';
import type { State } from './state.ts';
import type { Lowered } from './value.ts';

export function buildKey(s: State, map: MapSymbol, key: Lowered, at: Place): Value {
  if (map.type.map === 'array' || map.type.map === 'percpu-array') {
    const slot = s.b.slot(4, 4);
    s.b.store(slot, 0, 4, key.kind === 'scalar' ? key.value : s.notYet('this index', at));
    return slot;
  }
  const layout = layoutFor(s, map.type.key, at);
  const align = Math.max(alignOf(layout), 4) as 4 | 8;
  const pad = align === 8 ? 4 : 0;
  const slot = s.b.offset(s.b.slot(pad + ELEMENT_BYTES + sizeOf(layout), align), pad);
  s.b.store(slot, 0, 4, s.b.link('element'));
  storeValue(s, slot, ELEMENT_BYTES, map.type.key, key, at);
  return slot;
}

/** The value as the map has it; `expires` (i64) in front where the map expires. */
export function buildValue(s: State, map: MapSymbol, value: Lowered, expires: Value | undefined, at: Place): Value {
  const layout = layoutFor(s, map.type.value, at);
  const hidden = expires === undefined ? 0 : EXPIRES_BYTES;
  const align = Math.max(alignOf(layout), hidden === 0 ? 1 : 8) as 1 | 2 | 4 | 8;
  const slot = s.b.slot(hidden + sizeOf(layout), align);
  if (expires !== undefined) s.b.store(slot, 0, 8, expires);
  storeValue(s, slot, hidden, map.type.value, value, at);
  return slot;
}

