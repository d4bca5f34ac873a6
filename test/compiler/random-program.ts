// Random IR that keeps every rule: integers, branches that meet with values, loops, packet, stack and map memory, helper calls.
// What it computes ends up in the packet, so that a wrong register anywhere shows. The same tape gives the same program.

import { Builder, to } from '../../src/compiler/ir/build.ts';
import type { AluOp, Condition, Func, MemBytes, Value } from '../../src/compiler/ir/ir.ts';

export const PACKET_BYTES = 64;
export const MAP_ENTRIES = 4;
export const VALUE_BYTES = 32;

const ALU: readonly AluOp[] = ['add', 'sub', 'mul', 'udiv', 'sdiv', 'umod', 'smod', 'and', 'or', 'xor', 'shl', 'lshr', 'ashr'];
const CONDITIONS: readonly Condition[] = ['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge', 'test'];
const CONSTANTS = [0n, 1n, 2n, 7n, 8n, 31n, 32n, 63n, 255n, 256n, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0xffff_ffff_ffff_ffffn, 0x0102_0304_0506_0708n];

class Generator {
  readonly #tape: readonly number[];
  #at = 0;
  readonly b = new Builder('main');
  ints: Value[] = [];
  values: Value[] = [];
  packet!: Value;
  stack!: Value;
  key!: Value;
  #calls = 0;

  constructor(tape: readonly number[]) { this.#tape = tape; }

  get done(): boolean { return this.#at >= this.#tape.length; }
  next(most: number): number { return (this.#tape[this.#at++] ?? 0) % most; }
  pick<T>(list: readonly T[]): T { return list[this.next(list.length)] as T; }

  int(type?: 'i32' | 'i64'): Value {
    if (this.next(4) === 0) {
      const c = this.pick(CONSTANTS);
      return (type ?? 'i64') === 'i32' ? this.b.i32(BigInt.asUintN(32, c)) : this.b.i64(c);
    }
    const v = this.pick(this.ints);
    return type === undefined || v.type === type ? v : type === 'i32' ? this.b.trunc(v) : this.b.zext(v);
  }

  place(): { pointer: Value; offset: number; bytes: MemBytes } {
    const bytes = this.pick<MemBytes>([1, 2, 4, 8]);
    const where = this.next(this.values.length > 0 ? 3 : 2);
    if (where === 0) return { pointer: this.packet, offset: this.next(PACKET_BYTES - bytes), bytes };
    if (where === 1) return { pointer: this.stack, offset: this.next(16 / bytes) * bytes, bytes };
    return { pointer: this.pick(this.values), offset: this.next(VALUE_BYTES / bytes) * bytes, bytes };
  }

  fixed(v: Value, bytes: MemBytes): Value { return bytes === 8 ? this.b.zext(v) : v; }

  statement(depth: number): void {
    const { b } = this;
    switch (this.next(depth > 0 ? 18 : 10)) {
      case 0: case 1: case 2: {
        const a = this.int();
        this.ints.push(b.alu(this.pick(ALU), a, this.int(a.type as 'i32' | 'i64')));
        return;
      }
      case 3: {
        const a = this.int();
        this.ints.push(this.pick([() => b.neg(a), () => b.zext(a), () => b.sext(a), () => b.trunc(a), () => b.swap(a, this.pick([2, 4])), () => b.wrap(a, this.pick([8, 16]))])());
        return;
      }
      case 4: case 5: { const p = this.place(); this.ints.push(b.load(p.pointer, p.offset, p.bytes)); return; }
      case 6: { const p = this.place(); b.store(p.pointer, p.offset, p.bytes, this.fixed(this.int(), p.bytes)); return; }
      case 7: {
        if (this.#calls++ > 12) return;
        const found = this.next(3) === 0 ? this.perhaps() : this.lookUp();
        const [hit, miss, join] = [b.block('hit'), b.block('miss'), b.block('join', 'i64')];
        b.ifNull(found, to(miss), to(hit));
        b.enter(miss);
        b.jump(join, b.i64(this.next(3)));
        b.enter(hit);
        const saved = [[...this.ints], [...this.values]] as const;
        this.values.push(found);
        const p = { pointer: found, offset: this.next(4) * 8 };
        const kind = this.next(4);
        if (kind < 2) this.ints.push(b.atomicFetch(this.pick(['add', 'or', 'and', 'xor', 'xchg']), p.pointer, p.offset, 8, this.int('i64')));
        else if (kind === 2) this.ints.push(b.cmpxchg(p.pointer, p.offset, 4, this.int('i32'), this.int('i32')));
        else b.atomic('add', p.pointer, p.offset, 4, this.int('i32'));
        for (let n = this.next(4); n > 0; n--) this.statement(0);
        b.jump(join, this.int('i64'));
        [this.ints, this.values] = [[...saved[0]], [...saved[1]]];
        b.enter(join);
        this.ints.push(join.params[0] as Value);
        return;
      }
      case 8: {
        if (this.#calls++ > 12) return;
        this.ints.push(b.call(26, [b.ctx, b.i64(this.next(PACKET_BYTES)), b.offset(this.stack, this.next(2) * 8), b.i64(8)]));
        return;
      }
      case 9: {
        const value = b.mapValue(1, this.next(2) * 8);
        this.ints.push(b.load(value, 0, 8));
        b.store(value, this.next(2) * 8, 8, this.int('i64'));
        this.ints.push(b.link(this.pick(['element', 'hz'])));
        return;
      }
      case 10: case 11: case 12: this.fork(depth); return;
      case 13: this.loop(depth); return;
      case 14: case 15: this.flag(depth); return;
      case 16: case 17: this.halves(); return;
    }
  }

  lookUp(): Value {
    const { b } = this;
    b.store(this.key, 0, 4, this.next(2) === 0 ? b.i32(this.next(MAP_ENTRIES + 1)) : b.alu('and', this.int('i32'), b.i32(7)));
    return b.lookup(1, [b.map(0), this.key]);
  }

  /** One of two lookups, or null: pointers that meet. */
  perhaps(): Value {
    const { b } = this;
    const [first, second] = [this.lookUp(), this.lookUp()];
    const [yes, no, join] = [b.block('yes'), b.block('no'), b.block('either', 'value')];
    b.branch(this.pick(CONDITIONS), this.int('i32'), b.i32(this.next(9)), to(yes), to(no));
    b.enter(yes);
    if (this.next(2) === 0) b.ifNull(first, to(join, second), to(join, first)); else b.jump(join, first);
    b.enter(no);
    b.jump(join, this.next(2) === 0 ? b.null() : second);
    b.enter(join);
    return join.params[0] as Value;
  }

  fork(depth: number): void {
    const { b } = this;
    const a = this.int();
    const c = this.int(a.type as 'i32' | 'i64');
    const types = Array.from({ length: this.next(4) }, () => this.pick(['i32', 'i64'] as const));
    const [yes, no, join] = [b.block('yes'), b.block('no'), b.block('join', ...types)];
    b.branch(this.pick(CONDITIONS), a, c, to(yes), to(no));
    const saved = this.ints;
    for (const block of [yes, no]) {
      b.enter(block);
      this.ints = [...saved];
      for (let n = this.next(5); n > 0; n--) this.statement(depth - 1);
      if (this.next(12) === 0) b.exit('drop', this.next(5));
      else b.jump(join, ...types.map(t => this.int(t)));
    }
    this.ints = [...saved, ...join.params];
    b.enter(join);
  }

  /** 0 or 1 by a condition, asked for later. */
  flag(depth: number): void {
    const { b } = this;
    const a = this.int();
    const [yes, no, join, then, otherwise, out] = [b.block('yes'), b.block('no'), b.block('flag', 'i32'), b.block('then'), b.block('else'), b.block('out', 'i64')];
    b.branch(this.pick(CONDITIONS), a, this.int(a.type as 'i32' | 'i64'), to(yes), to(no));
    const one = this.next(2);
    for (const [block, value] of [[yes, one], [no, 1 - one]] as const) {
      b.enter(block);
      b.jump(join, b.i32(value));
    }
    b.enter(join);
    if (this.next(2) === 0) this.statement(depth - 1);
    b.branch(this.next(2) === 0 ? 'eq' : 'ne', join.params[0] as Value, b.i32(this.next(2)), to(then), to(otherwise));
    const saved = this.ints;
    for (const block of [then, otherwise]) {
      b.enter(block);
      this.ints = [...saved];
      if (this.next(2) === 0) this.statement(0);
      b.jump(out, this.int('i64'));
    }
    this.ints = [...saved, out.params[0] as Value];
    b.enter(out);
  }

  /** Eight bytes as two halves, summed, taken away again, put together again. */
  halves(): void {
    const { b } = this;
    const at = this.next(PACKET_BYTES - 8);
    const whole = b.load(this.packet, at, 8);
    const [low, high] = [b.zext(b.trunc(whole)), b.alu('lshr', whole, b.i64(32))];
    if (this.next(2) === 0) this.statement(0);
    const other = b.zext(b.load(this.packet, at + 4 * this.next(2), 4));
    const sum = b.alu('add', b.alu('add', b.zext(b.trunc(whole)), this.int('i64')), b.alu('lshr', whole, b.i64(32)));
    this.ints.push(whole, b.alu('sub', sum, b.alu('add', other, this.pick([low, high, b.i64(5)]))));
    const p = this.place();
    if (p.bytes === 8) b.store(p.pointer, p.offset, 8, b.alu('or', b.alu('shl', high, b.i64(32)), this.pick([low, b.zext(this.int('i32')), whole])));
  }

  loop(depth: number): void {
    const { b } = this;
    const times = 1 + this.next(4);
    const [head, body, out] = [b.block('head', 'i32', 'i64', 'i64'), b.block('body'), b.block('out')];
    b.jump(head, b.i32(0), this.int('i64'), this.int('i64'));
    b.enter(head);
    const [i, x, y] = head.params as [Value, Value, Value];
    b.branch('ult', i, b.i32(times), to(body), to(out));
    const saved = this.ints;
    b.enter(body);
    this.ints = [...saved, i, x, y];
    for (let n = this.next(4); n > 0; n--) this.statement(depth - 1);
    // Exchanged, so that the moves are a cycle now and then.
    b.jump(head, b.alu('add', i, b.i32(1)), this.next(2) === 0 ? y : this.int('i64'), this.next(2) === 0 ? x : this.int('i64'));
    this.ints = [...saved, x, y];
    b.enter(out);
  }
}

export function randomProgram(tape: readonly number[]): Func {
  const g = new Generator(tape);
  const { b } = g;
  g.packet = b.packet(76);
  const [ok, short] = [b.block('ok'), b.block('short')];
  b.bounds(g.packet, PACKET_BYTES, b.packetEnd(80), to(ok), to(short));
  b.enter(short);
  b.exit('drop', 9);
  b.enter(ok);
  g.stack = b.slot(16, 8);
  g.key = b.slot(4, 4);
  b.store(g.stack, 0, 8, b.i64(0));
  b.store(g.stack, 8, 8, b.i64(0));
  for (let i = 0; i < 6; i++) g.ints.push(b.load(g.packet, i * 8, i % 2 === 0 ? 8 : 4));
  while (!g.done) g.statement(2);
  let all = b.i64(0);
  for (const v of g.ints) all = b.alu('xor', b.alu('mul', all, b.i64(31)), b.zext(v));
  b.store(g.packet, 56, 8, all);
  b.exit('to', b.alu('and', b.trunc(all), b.i32(0xffff)));
  return b.fn;
}
