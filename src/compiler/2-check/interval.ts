// Which values an integer expression can have, by these rules alone, so that an author can foresee what narrows without a cast:
//
//     a constant                      itself
//     a variable, field or member     its type's range; a constant variable: its first value's range; within `if (x < 10)` and
//                                     the like: what the comparison with a constant leaves
//     a + b, a - b, a * b             the ends computed; if a result may leave the type it wraps: then the type's range
//     a & b                           0 to the smaller upper end (neither negative)
//     a | b, a ^ b                    0 to the next power of two, less one, of the larger upper end
//     a >> n                          the ends shifted, n a constant
//     a << n                          as a * 2^n
//     a / n, a % n                    the ends divided; 0 to n - 1, n a constant that is not 0
//     min(a, b), max(a, b)            the ends compared
//     c ? a : b, a ?? b               from the lower of both to the upper
//     x.offset, x.end of a view       0 to 32767: no header is looked at behind that
//     u8(x) and other conversions     the range of x if it fits, else the type's
//
// Arithmetic is on 32 bits at least, and wraps. Only its results narrow by their range: a variable keeps its type, whatever is known
// of its value, as TypeScript's own checker has it.

import { pathOf, type Facts } from './facts.ts';
import type { Shared } from './context.ts';
import { rangeOf } from './kinds.ts';
import type { Expr } from './tree.ts';

export interface Interval { readonly low: bigint; readonly high: bigint }

export function intervalOf(shared: Shared, facts: Facts | undefined, e: Expr): Interval {
  const type = e.type.kind === 'optional' ? e.type.of : e.type;
  if (type.kind === 'bool') return { low: 0n, high: 1n };
  if (type.kind !== 'int') return { low: 0n, high: 0n };
  const whole = rangeOf(type);
  const of = (x: Expr) => intervalOf(shared, facts, x);
  const fit = (i: Interval): Interval => i.low >= whole.low && i.high <= whole.high ? i : whole;
  const known = (i: Interval): Interval => {
    const path = pathOf(shared, e);
    const fact = path === undefined ? undefined : facts?.get(path);
    const low = fact?.low !== undefined && fact.low > i.low ? fact.low : i.low;
    const high = fact?.high !== undefined && fact.high < i.high ? fact.high : i.high;
    return low <= high ? { low, high } : i;
  };

  switch (e.kind) {
    case 'const': { const v = BigInt(e.value); return { low: v, high: v }; }
    case 'local': {
      const first = e.local.mutable ? undefined : shared.initials.get(e.local);
      return known(first ? fit(intervalOf(shared, undefined, first)) : whole);
    }
    case 'member': {
      if (e.member.kind !== 'stored' || type.signed) return known(whole);
      return known({ low: 0n, high: (1n << BigInt(e.member.bits)) - 1n });
    }
    case 'packet-field': return known(e.name === 'length' ? { low: 0n, high: 0xffffn * 2n } : whole);
    case 'view-offset': case 'view-end': return { low: 0n, high: 0x7fffn };
    case 'convert': case 'unwrap': case 'wrap': return fit(of(e.value));
    case 'select': return shared.ranges.get(e) ?? union(of(e.then), of(e.else));
    case 'coalesce': return union(of(e.left), of(e.right));
    case 'bind': return of(e.then);
    case 'min': { const a = of(e.left), b = of(e.right); return { low: least(a.low, b.low), high: least(a.high, b.high) }; }
    case 'max': { const a = of(e.left), b = of(e.right); return { low: most(a.low, b.low), high: most(a.high, b.high) }; }
    case 'negate': { const a = of(e.value); return fit({ low: -a.high, high: -a.low }); }
    case 'arith': return fit(arithmetic(e.op, of(e.left), of(e.right)) ?? whole);
    default: return whole;
  }
}

export function arithmetic(op: string, a: Interval, b: Interval): Interval | undefined {
  const positive = a.low >= 0n && b.low >= 0n;
  switch (op) {
    case '+': return { low: a.low + b.low, high: a.high + b.high };
    case '-': return { low: a.low - b.high, high: a.high - b.low };
    case '*': {
      const ends = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
      return { low: ends.reduce(least), high: ends.reduce(most) };
    }
    case '&': return positive ? { low: 0n, high: least(a.high, b.high) } : undefined;
    case '|': case '^': return positive ? { low: 0n, high: (1n << BigInt(most(a.high, b.high).toString(2).length)) - 1n } : undefined;
    case '>>': return positive && b.low === b.high && b.low < 128n ? { low: a.low >> b.low, high: a.high >> b.low } : undefined;
    case '<<': return positive && b.low === b.high && b.low < 128n ? { low: a.low << b.low, high: a.high << b.low } : undefined;
    case '/': return positive && b.low > 0n ? { low: a.low / b.high, high: a.high / b.low } : positive ? { low: 0n, high: a.high } : undefined;
    case '%': return positive ? { low: 0n, high: b.low > 0n ? least(a.high, b.high - 1n) : a.high } : undefined;
    default: return undefined;
  }
}

export function union(a: Interval, b: Interval): Interval {
  return { low: least(a.low, b.low), high: most(a.high, b.high) };
}
function least(a: bigint, b: bigint): bigint { return a < b ? a : b; }
function most(a: bigint, b: bigint): bigint { return a > b ? a : b; }
