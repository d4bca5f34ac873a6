// What is known of locals at a point of the program: flow-sensitive narrowing. Facts are read off the typed tree, so that
// every form of a test (`if (!x)`, `x?.y === 1`, `a && b`, a constant that holds such a test) is one rule.

import type { HeaderClass } from '../../lang/headers.ts';
import { HEADERS } from '../../lang/headers.ts';
import { keyOf, type Shared } from './context.ts';
import { rangeOf } from './kinds.ts';
import type { Expr } from './tree.ts';

export interface Fact {
  /** Of an optional. */
  readonly present?: true;
  /** Of a view: what it is. */
  readonly header?: HeaderClass;
  /** Of an integer. */
  readonly low?: bigint;
  readonly high?: bigint;
  /** Of a view: the line where bytes before it moved. Unlike the others it is true if it may be. */
  readonly stale?: number;
}
/** By path: a local's key, and `.name` for a member of a view or packet. */
export type Facts = ReadonlyMap<string, Fact>;

export const NOTHING: Facts = new Map();

/** The path that facts are kept under. */
export function pathOf(shared: Shared, e: Expr): string | undefined {
  switch (e.kind) {
    case 'local': return keyOf(shared, e.local);
    case 'unwrap': case 'refine': return pathOf(shared, e.value);
    case 'convert': return e.type.kind === 'view' ? pathOf(shared, e.value) : undefined;
    case 'member': return below(pathOf(shared, e.view), e.member.name);
    case 'packet-field': return below(pathOf(shared, e.packet), e.name);
    default: return undefined;
  }
}

function below(path: string | undefined, name: string): string | undefined {
  return path === undefined ? undefined : `${path}.${name}`;
}

/** Both hold. */
export function both(a: Facts, b: Facts): Facts {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const all = new Map(a);
  for (const [path, fact] of b) {
    const old = all.get(path);
    const low = old?.low !== undefined && (fact.low === undefined || old.low > fact.low) ? old.low : fact.low;
    const high = old?.high !== undefined && (fact.high === undefined || old.high < fact.high) ? old.high : fact.high;
    all.set(path, { ...old, ...fact, ...(low !== undefined && { low }), ...(high !== undefined && { high }) });
  }
  return all;
}

/** One of the two holds; undefined: not reached. */
export function either(a: Facts | undefined, b: Facts | undefined): Facts | undefined {
  if (!a) return b;
  if (!b || a === b) return a;
  const common = new Map<string, Fact>();
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const x = a.get(path) ?? {};
    const y = b.get(path) ?? {};
    const low = x.low !== undefined && y.low !== undefined ? (x.low < y.low ? x.low : y.low) : undefined;
    const high = x.high !== undefined && y.high !== undefined ? (x.high > y.high ? x.high : y.high) : undefined;
    const stale = x.stale ?? y.stale;
    const fact: Fact = {
      ...(x.present && y.present && { present: true }),
      ...(x.header && x.header === y.header && { header: x.header }),
      ...(low !== undefined && { low }), ...(high !== undefined && { high }), ...(stale !== undefined && { stale }),
    };
    if (Object.keys(fact).length > 0) common.set(path, fact);
  }
  return common;
}

/** Without what is known of these paths and what is below them; staleness stays. */
export function forget(facts: Facts, gone: (path: string) => boolean): Facts {
  const left = new Map<string, Fact>();
  for (const [path, fact] of facts) {
    if (!gone(path)) left.set(path, fact);
    else if (fact.stale !== undefined) left.set(path, { stale: fact.stale });
  }
  return left;
}

/** What follows from `e`, a boolean, being `truth`. */
export function factsOf(shared: Shared, e: Expr, truth: boolean): Facts {
  switch (e.kind) {
    case 'not': return factsOf(shared, e.value, !truth);
    case 'and': case 'or': {
      const certain = (e.kind === 'and') === truth;
      const left = factsOf(shared, e.left, truth);
      const right = factsOf(shared, e.right, truth);
      return certain ? both(left, right) : either(left, right) ?? NOTHING;
    }
    case 'local': return shared.aliases.get(e.local)?.[truth ? 'yes' : 'no'] ?? NOTHING;
    case 'present': case 'truthy': return truth ? presence(shared, e.value, e.kind === 'truthy') : NOTHING;
    case 'compare-optional': return (e.op === '==') === truth ? both(presenceIf(shared, e.left, e.right), presenceIf(shared, e.right, e.left)) : NOTHING;
    case 'compare': return both(bounds(shared, e.left, e.op, e.right, truth), bounds(shared, e.right, FLIP[e.op], e.left, truth));
    case 'instanceof': {
      const path = pathOf(shared, e.value);
      const type = e.value.type;
      if (path === undefined || type.kind !== 'view') return NOTHING;
      if (truth) return new Map([[path, { header: e.header }]]);
      const others = type.header.kinds.filter(kind => kind !== e.header.name && !e.header.kinds.includes(kind));
      const only = others.length === 1 ? HEADERS.get(others[0] ?? '') : undefined;
      return only ? new Map([[path, { header: only }]]) : NOTHING;
    }
    default: return NOTHING;
  }
}

/** What follows from an optional being there (and true). */
function presence(shared: Shared, e: Expr, isTrue: boolean): Facts {
  switch (e.kind) {
    case 'local': {
      const alias = shared.aliases.get(e.local)?.yes ?? NOTHING;
      return both(alias, new Map([[keyOf(shared, e.local), { present: true }]]));
    }
    case 'packet-field': {
      const path = pathOf(shared, e);
      return path === undefined ? NOTHING : new Map([[path, { present: true }]]);
    }
    case 'wrap': return isTrue && e.value.type.kind === 'bool' ? factsOf(shared, e.value, true) : NOTHING;
    case 'chain': return both(presence(shared, e.base, false), e.then.type.kind === 'optional' ? presence(shared, e.then, isTrue) : isTrue ? factsOf(shared, e.then, true) : NOTHING);
    default: return NOTHING;
  }
}

/** `a` equals `b`, and `b` cannot be undefined: `a` is there. */
function presenceIf(shared: Shared, a: Expr, b: Expr): Facts {
  return b.kind === 'wrap' ? presence(shared, a, false) : NOTHING;
}

const FLIP = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
const NEGATED = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;

function bounds(shared: Shared, e: Expr, op: keyof typeof FLIP, other: Expr, truth: boolean): Facts {
  const inner = e.kind === 'convert' && e.value.type.kind === 'int' ? e.value : e;
  const path = pathOf(shared, inner);
  if (path === undefined || other.kind !== 'const' || typeof other.value !== 'bigint' || inner.type.kind !== 'int') return NOTHING;
  const value = other.value;
  const { low, high } = rangeOf(inner.type);
  switch (truth ? op : NEGATED[op]) {
    case '==': return new Map([[path, { low: value, high: value }]]);
    case '<': return new Map([[path, { high: value - 1n }]]);
    case '<=': return new Map([[path, { high: value }]]);
    case '>': return new Map([[path, { low: value + 1n }]]);
    case '>=': return new Map([[path, { low: value }]]);
    case '!=': return value === low ? new Map([[path, { low: value + 1n }]]) : value === high ? new Map([[path, { high: value - 1n }]]) : NOTHING;
  }
}
