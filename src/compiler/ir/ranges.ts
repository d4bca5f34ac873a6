// Upper bounds of integers at a place of a program, in two readings: what is true, and what the verifier of the oldest kernel
// sees. It sees less: byte swaps, divisions, remainders and negations leave it nothing, and what was computed before a check
// does not learn from the check. Where the two differ and it matters, 5-emit says the truth again.

import type { Dominators } from './dominators.ts';
import { constOf, defInst, endOf, isBlock, targets, type Block, type Condition, type Terminator, type Value } from './ir.ts';

type Reader = 'truth' | 'verifier';

const ALL: Readonly<Record<'i32' | 'i64', bigint>> = { i32: 0xffff_ffffn, i64: 0xffff_ffff_ffff_ffffn };
/** How far back a bound is looked for. */
const MAX_DEPTH = 12;

export class Ranges {
  readonly #dom: Dominators;
  readonly #home = new Map<Value, Block>();
  readonly #edges = new Map<Block, { from: Block; args: readonly Value[] }[]>();

  constructor(dom: Dominators) {
    this.#dom = dom;
    for (const block of dom.order) {
      for (const p of block.params) this.#home.set(p, block);
      for (const inst of block.insts) if (inst.result) this.#home.set(inst.result, block);
      for (const { block: to, args } of targets(endOf(block))) {
        const list = this.#edges.get(to);
        if (list) list.push({ from: block, args }); else this.#edges.set(to, [{ from: block, args }]);
      }
    }
  }

  /** The value is at most this, unsigned, in `block`. */
  most(value: Value, block: Block, reader: Reader): bigint { return this.#at(value, block, reader, MAX_DEPTH, new Set()); }

  /** The same on the way from one block to another. */
  mostOnEdge(value: Value, from: Block, to: Block, reader: Reader): bigint {
    const most = this.most(value, from, reader);
    const limit = limitOf(endOf(from), to, value);
    return limit !== undefined && limit < most ? limit : most;
  }

  #at(value: Value, block: Block, reader: Reader, depth: number, open: Set<Value>): bigint {
    const all = ALL[value.type as 'i32' | 'i64'] ?? ALL.i64;
    const known = constOf(value);
    if (known !== undefined) return known;
    if (depth === 0 || open.has(value)) return all;
    let most = this.#made(value, reader, depth, open);
    // A widened value is the same register: what is known of one is known of the other.
    const def = defInst(value);
    const same = def?.op === 'zext' ? [value, def.args[0] as Value] : [value];
    for (const v of same) {
      const limit = this.#checked(v, block);
      if (limit !== undefined && limit < most) most = limit;
    }
    return most < all ? most : all;
  }

  /** What the branches on every way from its definition say. */
  #checked(value: Value, block: Block): bigint | undefined {
    const home = this.#home.get(value);
    let most: bigint | undefined;
    for (let below = block; below !== home;) {
      const into = this.#edges.get(below) ?? [];
      const [edge] = into;
      if (into.length === 1 && edge) {
        const limit = limitOf(endOf(edge.from), below, value);
        if (limit !== undefined && (most === undefined || limit < most)) most = limit;
      }
      const next = this.#dom.idom.get(below);
      if (next === undefined || next === below) break;
      below = next;
    }
    return most;
  }

  /** From how it is made, where it is made. */
  #made(value: Value, reader: Reader, depth: number, open: Set<Value>): bigint {
    const all = ALL[value.type as 'i32' | 'i64'] ?? ALL.i64;
    const home = this.#home.get(value);
    if (home === undefined) return all;
    if (isBlock(value.def)) {
      const i = value.def.params.indexOf(value);
      open.add(value);
      let most = 0n;
      for (const { from, args } of this.#edges.get(value.def) ?? []) {
        const arg = args[i] as Value;
        const bound = this.#at(arg, from, reader, depth - 1, open);
        const limit = limitOf(endOf(from), value.def, arg);
        const here = limit !== undefined && limit < bound ? limit : bound;
        if (here > most) most = here;
      }
      open.delete(value);
      return most;
    }
    const inst = value.def;
    const of = (i: number): bigint => this.#at(inst.args[i] as Value, home, reader, depth - 1, open);
    const blind = reader === 'verifier';
    const bits = value.type === 'i32' ? 31n : 63n;
    switch (inst.op) {
      case 'load': return (1n << BigInt(8 * inst.bytes)) - 1n;
      case 'swap': return blind ? all : (1n << BigInt(8 * inst.bytes)) - 1n;
      case 'zext': return of(0);
      case 'trunc': return of(0) <= ALL.i32 ? of(0) : ALL.i32;
      case 'sext': return of(0) <= 0x7fff_ffffn ? of(0) : all;
      case 'alu': {
        const c = constOf(inst.args[1] as Value);
        switch (inst.alu) {
          case 'and': { const [a, b] = [of(0), of(1)]; return a < b ? a : b; }
          // Before 6.10 these leave nothing of the whole register unless the second operand is known.
          case 'or': case 'xor': return blind && c === undefined ? all : over(of(0) | of(1));
          case 'add': { const sum = of(0) + of(1); return sum <= all ? sum : all; }
          case 'mul': { const product = of(0) * of(1); return product > all || (blind && c === undefined) ? all : product; }
          case 'shl': { const most = c === undefined ? all + 1n : of(0) << (c & bits); return most <= all ? most : all; }
          case 'lshr': return c === undefined ? blind ? all : of(0) : of(0) >> (c & bits);
          case 'udiv': return blind ? all : c === undefined || c === 0n ? of(0) : of(0) / c;
          case 'umod': { const a = of(0); return blind ? all : c !== undefined && c > 0n && c - 1n < a ? c - 1n : a; }
          default: return all;
        }
      }
      default: return all;
    }
  }
}

/** All ones over the highest bit. */
const over = (value: bigint): bigint => value === 0n ? 0n : (1n << BigInt(value.toString(2).length)) - 1n;

const INVERSE: Readonly<Partial<Record<Condition, Condition>>> = { eq: 'ne', ne: 'eq', ult: 'uge', uge: 'ult', ule: 'ugt', ugt: 'ule' };

/** What a branch says of a value on its way to a block. */
function limitOf(end: Terminator, to: Block, value: Value): bigint | undefined {
  if (end.op !== 'branch' || end.a !== value || end.then.block === end.else.block) return undefined;
  const c = constOf(end.b);
  const condition = end.then.block === to ? end.condition : INVERSE[end.condition];
  if (c === undefined) return undefined;
  switch (condition) {
    case 'eq': case 'ule': return c;
    case 'ult': return c > 0n ? c - 1n : 0n;
    default: return undefined;
  }
}
