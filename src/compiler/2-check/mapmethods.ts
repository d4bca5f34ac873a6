// Methods of maps.

import type { CallExpression, Expression, MemberExpression } from '../1-parse/syntax.ts';
import { noMember, takes } from './access.ts';
import { placeOf, report, sourceOf, type Context } from './context.ts';
import { constInt } from './convert.ts';
import { value } from './expressions.ts';
import { BOOL, optional, U32, VOID } from './kinds.ts';
import { intervalOf } from './interval.ts';
import type { Expr, MapType, SetMode } from './tree.ts';

const METHODS: Readonly<Record<MapType['map'], readonly string[]>> = {
  hash: ['get', 'set', 'delete'], lru: ['get', 'set', 'delete'], expiring: ['get', 'set', 'keep', 'delete'], lpm: ['get'],
  array: ['get'], 'percpu-array': ['get'], 'percpu-hash': ['get', 'set', 'delete'], ring: ['send'], counter: ['add'], config: [], shape: [], 'hash-of-maps': [], 'array-of-maps': [], stages: [],
};

export function mapMethod(c: Context, map: Expr, type: MapType, name: string, args: readonly Expression[], node: CallExpression, callee: MemberExpression): Expr | undefined {
  const at = placeOf(c, node);
  const [first, second] = args;
  const { start, end } = callee.object;
  const text = c.shared.read(c.file.path)?.slice(start, Math.min(end, start + 30)) ?? 'the map';
  const methods = type.value.kind === 'map' ? ['get'] : METHODS[type.map];
  if (!methods.includes(name)) return type.value.kind === 'map' && METHODS[type.map].includes(name) ? report(c, 'IOV4014', callee.property, { name: text }) : noMember(c, callee.property, `'${text}'`, name, methods);
  switch (name) {
    case 'get': {
      if (!takes(c, node, name, args.length, 1) || !first) return undefined;
      const key = value(c, first, type.key);
      if (!key) return undefined;
      const length = type.map === 'array' || type.map === 'percpu-array' ? map.kind === 'map' ? map.symbol.capacity : type.length : undefined;
      if (length === undefined) return { kind: 'map-get', at, type: optional(type.value), map, key };
      const range = intervalOf(c.shared, c.facts, key);
      if (range.low >= BigInt(length)) return report(c, 'IOV4006', first, { name: text, index: range.low, length });
      // tsc sees `V | undefined` always; a proven index makes the test superfluous, not wrong.
      return { kind: 'map-get', at, type: optional(type.value), map, key };
    }
    case 'set': {
      const least = type.map === 'expiring' ? 3 : 2;
      if (least === 3 && args.length === 2) return report(c, 'IOV2014', node, { name, takes: '3 to 4 arguments', given: 2, cause: 'An entry of an ExpiringMap lives for a number of seconds.', cure: 'Write `set(key, value, seconds)`.' });
      if (!takes(c, node, name, args.length, least, least + 1) || !first || !second) return undefined;
      const key = value(c, first, type.key);
      const v = value(c, second, type.value);
      const seconds = least === 3 && args[2] ? value(c, args[2], U32) : undefined;
      const mode = modeOf(c, args[least]);
      if (!key || !v || !mode || (least === 3 && !seconds)) return undefined;
      if (mode !== 'exists') c.shared.grown.push(map.kind === 'map' ? map.symbol : type);
      return { kind: 'map-set', at, type: BOOL, map, key, value: v, mode, ...(seconds && { seconds }) };
    }
    case 'delete': {
      if (!takes(c, node, name, args.length, 1) || !first) return undefined;
      const key = value(c, first, type.key);
      return key && { kind: 'map-delete', at, type: BOOL, map, key };
    }
    case 'keep': {
      if (!takes(c, node, name, args.length, 2) || !first || !second) return undefined;
      const entry = value(c, first, type.value);
      const seconds = value(c, second, U32);
      if (!entry || !seconds) return undefined;
      if (originOf(c, entry, map) === 'elsewhere') return report(c, 'IOV4005', first, { name: text });
      return { kind: 'map-keep', at, type: BOOL, map, entry, seconds };
    }
    case 'send': {
      if (!takes(c, node, name, args.length, 1) || !first) return undefined;
      const v = value(c, first, type.value);
      return v && { kind: 'ring-send', at, type: BOOL, map, value: v };
    }
    default: {
      if (!takes(c, node, name, args.length, 0, 1)) return undefined;
      const by = first ? value(c, first, U32) : constInt(at, U32, 1n);
      return by && { kind: 'counter-add', at, type: VOID, map, by };
    }
  }
}

function modeOf(c: Context, node: Expression | undefined): SetMode | undefined {
  if (!node) return 'any';
  if (node.type === 'Literal' && (node.value === 'new' || node.value === 'exists')) return node.value;
  return report(c, 'IOV2004', node, { from: sourceOf(c, node), to: "'new' or 'exists'", cause: 'The mode says whether the entry must be there already.', cure: "Leave it out, or write 'new' or 'exists'." });
}

/** Where a struct reference came from, as far as can be seen: an entry of this map, perhaps (a parameter), or certainly not. */
function originOf(c: Context, e: Expr, map: Expr, steps = 0): 'here' | 'perhaps' | 'elsewhere' {
  if (steps > 50) return 'perhaps';
  switch (e.kind) {
    case 'map-get': return e.map.kind === 'map' && map.kind === 'map' && e.map.symbol === map.symbol ? 'here' : 'elsewhere';
    case 'struct': case 'field': case 'settings': return 'elsewhere';
    case 'unwrap': case 'wrap': return originOf(c, e.value, map, steps + 1);
    case 'local': {
      const first = c.shared.initials.get(e.local);
      return first ? originOf(c, first, map, steps + 1) : 'perhaps';
    }
    case 'select': return worst(originOf(c, e.then, map, steps + 1), originOf(c, e.else, map, steps + 1));
    case 'coalesce': return worst(originOf(c, e.left, map, steps + 1), originOf(c, e.right, map, steps + 1));
    case 'chain': return originOf(c, e.then, map, steps + 1);
    default: return 'perhaps';
  }
}

function worst(a: 'here' | 'perhaps' | 'elsewhere', b: 'here' | 'perhaps' | 'elsewhere'): 'here' | 'perhaps' | 'elsewhere' {
  return a === 'elsewhere' || b === 'elsewhere' ? 'elsewhere' : a === 'perhaps' ? a : b;
}

/** Whether writing through this struct reference is seen by other CPUs. A parameter may be anything. */
export function isShared(c: Context, e: Expr, steps = 0): boolean {
  if (steps > 50) return true;
  switch (e.kind) {
    case 'map-get': return !(e.map.type.kind === 'map' && e.map.type.map.startsWith('percpu'));
    case 'struct': case 'array': case 'bytes': return false;
    case 'field': case 'element': return isShared(c, e.object, steps + 1);
    case 'unwrap': case 'wrap': return isShared(c, e.value, steps + 1);
    case 'local': {
      const first = c.shared.initials.get(e.local);
      return first ? isShared(c, first, steps + 1) : true;
    }
    case 'select': return isShared(c, e.then, steps + 1) || isShared(c, e.else, steps + 1);
    case 'coalesce': return isShared(c, e.left, steps + 1) || isShared(c, e.right, steps + 1);
    default: return true;
  }
}
