// Keys and values on the stack, for the helpers of maps. A key of a map of the whole image begins with the element's id; that of a map
// of the element's own does not.
//
//     | element | key … | zeros to a multiple of 4 |
//                                  the slot is laid so that a key with 64 bits in it begins at a multiple of 8
//     | bits    | element | key … |  of a trie: all bits count, the element's id is big-endian

import { alignOf, sizeOf, type Layout } from '../../image/layout.ts';
import type { MapSymbol, Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { layoutFor, storeValue } from './memory.ts';
import { ELEMENT_BYTES, EXPIRES_BYTES, hashedBytes, PREFIX_BYTES } from './map-table.ts';
import type { Memo } from './path.ts';
import type { State } from './state.ts';
import type { Lowered } from './value.ts';

export function buildKey(s: State, map: MapSymbol, key: Lowered, at: Place): Value {
  if (map.type.map === 'array' || map.type.map === 'percpu-array') {
    const slot = s.b.slot(4, 4);
    s.b.store(slot, 0, 4, key.kind === 'scalar' ? key.value : s.notYet('this index', at));
    return slot;
  }
  const layout = layoutFor(s, map.type.key, at);
  const hidden = s.maps.hidden(map);
  const memo = map.type.map === 'lpm' ? undefined : memoOf(s, layout, hidden, key);
  const built = memo && s.values.get(memo);
  if (built?.kind === 'scalar') return built.value;
  if (map.type.map === 'lpm') return buildPrefix(s, layout, map, key, at);
  const align = widest(layout) === 8 ? 8 : 4;
  const pad = hidden === 0 ? 0 : align - hidden;
  const bytes = hashedBytes(layout, hidden);
  const slot = s.b.offset(s.b.slot(pad + bytes, align), pad);
  if (hidden > 0) s.b.store(slot, 0, 4, s.b.link('element'));
  storeValue(s, slot, hidden, map.type.key, key, at);
  for (let end = hidden + sizeOf(layout); end < bytes;) {
    const width = end % 2 === 0 ? 2 : 1;
    s.b.store(slot, end, width, s.b.i32(0));
    end += width;
  }
  if (memo) s.values.set(memo, { kind: 'scalar', value: slot });
  return slot;
}

function buildPrefix(s: State, layout: Layout, map: MapSymbol, key: Lowered, at: Place): Value {
  const bytes = ELEMENT_BYTES + sizeOf(layout);
  const slot = s.b.slot(PREFIX_BYTES + bytes, 8);
  s.b.store(slot, 0, 4, s.b.i32(8 * bytes));
  s.b.store(slot, PREFIX_BYTES, 4, s.b.swap(s.b.link('element'), 4));
  storeValue(s, slot, PREFIX_BYTES + ELEMENT_BYTES, map.type.key, key, at);
  return slot;
}

/** Bytes of the widest store that it takes. */
function widest(layout: Layout): 1 | 2 | 4 | 8 {
  switch (layout.kind) {
    case 'int': return Math.min(layout.bits / 8, 8) as 1 | 2 | 4 | 8;
    case 'mac': return 4;
    case 'array': return widest(layout.element);
    case 'struct': return Math.max(1, ...layout.fields.map(field => widest(field.layout))) as 1 | 2 | 4 | 8;
    case 'bool': case 'bytes': return 1;
  }
}

/** The same key of another map of the same layout need not be built again: helpers only read it. Undefined: it is in memory, which may change. */
function memoOf(s: State, layout: Layout, hidden: number, key: Lowered): Memo | undefined {
  const ids = idsOf(s, key);
  if (ids === undefined) return undefined;
  return s.memo('key', `${JSON.stringify(layout)} ${hidden} ${ids}`);
}

function idsOf(s: State, value: Lowered): string | undefined {
  const id = (v: Value): string => constOf(v) === undefined ? `v${v.id}` : `${constOf(v)}`;
  switch (value.kind) {
    case 'scalar': return id(value.value);
    case 'wide': return `${id(value.high)} ${id(value.low)}`;
    case 'mac': return `${id(value.first)} ${id(value.last)}`;
    case 'optional': return idsOf(s, value.value);
    case 'struct': {
      const fields = s.values.get(value.cell);
      return fields && idsOf(s, fields);
    }
    case 'fields': case 'list': {
      const ids = value.values.map(v => idsOf(s, v));
      return ids.includes(undefined) ? undefined : `(${ids.join()})`;
    }
    default: return undefined;
  }
}

/** The value as the map has it; `expires` (i64) in front where the map expires. */
export function buildValue(s: State, map: MapSymbol, value: Lowered, expires: Value | undefined, at: Place): Value {
  const layout = layoutFor(s, map.type.value, at);
  const hidden = expires === undefined ? 0 : EXPIRES_BYTES;
  const align = hidden === 0 ? Math.max(alignOf(layout), widest(layout)) as 1 | 2 | 4 | 8 : 8;
  const slot = s.b.slot(hidden + sizeOf(layout), align);
  if (expires !== undefined) s.b.store(slot, 0, 8, expires);
  storeValue(s, slot, hidden, map.type.value, value, at);
  return slot;
}

