// What may stand for what. Conversions that happen unseen become nodes; those that could lose something are refused.

import type { Span } from '../1-parse/syntax.ts';
import { report, type Context } from './context.ts';
import { intervalOf } from './interval.ts';
import { isWide, optional, rangeOf, sameType, show, verdict, wrapTo } from './kinds.ts';
import type { Expr, ExprOf, IntType, Local, Place, Type, Way } from './tree.ts';

export function constInt(at: Place, type: IntType, value: bigint): ExprOf<'const'> {
  return { kind: 'const', at, type, value };
}

/** A local of the checker's own making, for a value that is used more than once. */
export function temporary(c: Context, name: string, type: Type, at: Place): Local {
  const local: Local = { kind: 'local', name, type, mutable: false, at };
  c.body?.locals.push(local);
  return local;
}

export function read(local: Local, at: Place): Expr {
  return { kind: 'local', at, type: local.type, local };
}

/** `e` as a `to`; undefined if that was refused. */
export function convert(c: Context, e: Expr, to: Type, node: Span): Expr | undefined {
  const from = e.type;
  if (to.kind === 'optional') {
    if (from.kind === 'undefined') return { kind: 'undefined', at: e.at, type: to };
    if (from.kind !== 'optional') {
      const value = convert(c, e, to.of, node);
      return value && { kind: 'wrap', at: e.at, type: to, value };
    }
    if (sameType(from.of, to.of) && from.of.kind !== 'verdict') return e;
    const local = temporary(c, 'value', from.of, e.at);
    const then = convert(c, read(local, e.at), to, node);
    return then && (from.of.kind === 'verdict' ? e : { kind: 'chain', at: e.at, type: to, base: e, local, then });
  }
  if (from.kind === 'optional' && from.of.kind === to.kind) return report(c, 'IOV2009', node, { type: show(from) });
  if (from.kind === 'int' && to.kind === 'int') return convertInt(c, e, from, to, node);
  if (from.kind === 'verdict' && to.kind === 'verdict') return convertVerdict(c, e, from.ways, to.ways, node);
  if (sameType(from, to)) return e;
  if (from.kind === 'view' && to.kind === 'view' && from.header.parents.includes(to.header.name)) return { kind: 'convert', at: e.at, type: to, value: e };
  return report(c, 'IOV2004', node, { from: show(from), to: show(to), cure: cureFor(from, to) });
}

/** How to make the one of the other. */
function cureFor(from: Type, to: Type): string {
  if (to.kind === 'bool') return from.kind === 'optional' ? 'Write `x !== undefined`.' : 'Write a comparison, such as `x !== 0`.';
  if (from.kind === 'bool' && to.kind === 'int') return `Convert it with \`${show(to)}(…)\`, or choose: \`x ? 1 : 0\`.`;
  if (from.kind === 'undefined') return `Give a value, or let the type be \`${show(to)} | undefined\`.`;
  if (to.kind === 'mac') return "Use a field of a header that is a Mac, or `mac('02:00:00:00:00:01')`.";
  if (from.kind === 'mac') return 'Make the other a Mac: a hardware address is stored and compared, not computed with.';
  if (from.kind === 'struct' && to.kind === 'struct') return `Classes are told apart by their names: make a ${show(to)} of its fields, \`{ a: x.a }\`.`;
  if (to.kind === 'struct') return `Write its fields, \`{ … }\`.`;
  if (from.kind === 'struct') return 'Name the field that is meant.';
  if (to.kind === 'verdict') return "Return `drop('reason')` or another verdict.";
  if (to.kind === 'view') return `Take a view: \`pkt.at(${show(to)})\`, \`x.payload(${show(to)})\`.`;
  if (from.kind === 'packet' || to.kind === 'packet') return 'Modules and filters have a Packet, programs of `xdp(…)` an XdpPacket.';
  if (from.kind === 'view') return 'Name the field that is meant.';
  const name = show(to);
  return `Use ${name.startsWith('a ') ? name : `a ${name}`}.`;
}

function convertInt(c: Context, e: Expr, from: IntType, to: IntType, node: Span): Expr | undefined {
  const { low, high } = rangeOf(to);
  if (isWide(from) !== isWide(to)) return report(c, 'IOV2008', node, { left: show(from), right: show(to), cure: cureForWidth(e, from, to) });
  if (e.kind === 'const' && typeof e.value === 'bigint') {
    if (e.ones && !to.signed && to.bits >= from.bits) return { ...e, type: to, value: wrapTo(to, BigInt.asIntN(from.bits, e.value)) };
    if (e.value < low || e.value > high) return report(c, 'IOV2005', node, { value: e.value, type: show(to), low, high });
    return { ...e, type: to };
  }
  if (sameType(from, to)) return e;
  const range = intervalOf(c.shared, c.facts, e);
  const fits = range.low >= low && range.high <= high;
  const wider = rangeOf(from).low >= low && rangeOf(from).high <= high;
  if (fits && !wider && !isComputed(e)) return report(c, 'IOV2011', node, { from: show(from), to: show(to) });
  if (fits) return { kind: 'convert', at: e.at, type: to, value: e };
  if (from.signed !== to.signed && (to.signed ? to.bits >= from.bits : range.high <= high)) return report(c, 'IOV2007', node, { from: show(from), to: show(to) });
  return report(c, 'IOV2006', node, { from: show(from), to: show(to), low: range.low, high: range.high, toLow: low, toHigh: high });
}

/** A result of arithmetic: TypeScript sees a plain number there, elsewhere the type that was declared. */
function isComputed(e: Expr): boolean {
  switch (e.kind) {
    case 'const': case 'arith': case 'negate': case 'complement': return true;
    case 'select': return isComputed(e.then) && isComputed(e.else);
    case 'coalesce': case 'min': case 'max': return isComputed(e.left) && isComputed(e.right);
    case 'bind': return isComputed(e.value) && isComputed(e.then);
    case 'convert': return e.type.kind === 'int' && e.value.type.kind === 'int' && isComputed(e.value);
    default: return false;
  }
}

/** For integers of which only one is wide. */
export function cureForWidth(e: Expr, from: IntType, to: IntType): string {
  if (from.text === 'ip4' && to.text === 'ip6') return 'Write `mapped(…)`: an IPv4 address as ::ffff:a.b.c.d.';
  if (from.text === 'ip6' && to.text === 'ip4') return 'Write `unmapped(…)`: the IPv4 address in ::ffff:a.b.c.d.';
  if (e.kind === 'const') return isWide(to) ? `Write \`${String(e.value)}n\`.` : 'Write the constant without `n`.';
  return `Convert it with \`${show({ ...to, order: 'little' })}(…)\`.`.replace('Ip6', 'u128').replace('Ip4', 'u32');
}

const WAYS: Readonly<Record<Way, string>> = { sent: 'to', passed: 'next', ended: 'drop', replied: 'reply' };
const FIRST: Readonly<Record<Way, string>> = { sent: 'to() and flood()', passed: 'next()', ended: 'drop() and punt()', replied: 'reply()' };

function convertVerdict(c: Context, e: Expr, from: readonly Way[], to: readonly Way[], node: Span): Expr | undefined {
  const wrong = from.find(way => !to.includes(way));
  if (!wrong) return e;
  const why = wrong === 'sent' ? 'Only a module and XDP send to ports.' : wrong === 'passed' ? 'Only a filter and XDP pass a packet on.' : 'The verdict does not belong to this kind of program.';
  return report(c, 'IOV5004', node, { kind: 'This kind of program', name: WAYS[wrong], why, allowed: to.map(way => FIRST[way]).join(', ') });
}

/** A conversion that was asked for: the low bits, never refused. */
export function cast(e: Expr, to: IntType): Expr {
  if (e.kind === 'const') return constInt(e.at, to, wrapTo(to, e.ones && e.type.kind === 'int' ? BigInt.asIntN(e.type.bits, BigInt(e.value)) : BigInt(e.value)));
  return e.type.kind === 'int' && sameType(e.type, to) ? { ...e, type: to } : { kind: 'convert', at: e.at, type: to, value: e };
}

/** The type of two branches, or undefined: they have none in common. Constants follow the other side. */
export function common(a: Expr, b: Expr): Type | undefined {
  return commonType(a.type, b.type, a, b);
}

export function commonType(a: Type, b: Type, x?: Expr, y?: Expr): Type | undefined {
  if (a.kind === 'undefined' || b.kind === 'undefined') {
    const other = a.kind === 'undefined' ? b : a;
    return other.kind === 'undefined' ? other : other.kind === 'void' ? undefined : optional(other);
  }
  if (a.kind === 'optional' || b.kind === 'optional') {
    const inner = commonType(a.kind === 'optional' ? a.of : a, b.kind === 'optional' ? b.of : b, x, y);
    return inner && optional(inner);
  }
  if (a.kind === 'int' && b.kind === 'int') return commonInt(a, b, x, y);
  if (a.kind === 'verdict' && b.kind === 'verdict') return verdict(...new Set([...a.ways, ...b.ways]));
  if (a.kind === 'view' && b.kind === 'view') return a.header === b.header || b.header.parents.includes(a.header.name) ? a : a.header.parents.includes(b.header.name) ? b : undefined;
  return sameType(a, b) ? a : undefined;
}

function commonInt(a: IntType, b: IntType, x?: Expr, y?: Expr): IntType | undefined {
  if (isWide(a) !== isWide(b)) return undefined;
  if (x?.kind === 'const' && y?.kind !== 'const' && inRange(x, b)) return b;
  if (y?.kind === 'const' && x?.kind !== 'const' && inRange(y, a)) return a;
  const ra = rangeOf(a);
  const rb = rangeOf(b);
  if (ra.low <= rb.low && ra.high >= rb.high) return a;
  return rb.low <= ra.low && rb.high >= ra.high ? b : undefined;
}

function inRange(e: Expr, type: IntType): boolean {
  if (e.kind !== 'const' || typeof e.value !== 'bigint') return false;
  const { low, high } = rangeOf(type);
  return e.value >= low && e.value <= high;
}
