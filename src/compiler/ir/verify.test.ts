// The rules of IR: what keeps them prints, what breaks them throws.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Builder, to } from './build.ts';
import { CompilerBug } from './ir.ts';
import { print } from './print.ts';
import { verify } from './verify.ts';

const broken = (b: Builder, why: RegExp): void => assert.throws(() => verify(b.fn, 'test'), (e: unknown) => e instanceof CompilerBug && why.test(e.message));

/** data, data_end, and a block behind a check of `bytes`. */
function checked(b: Builder, bytes: number): ReturnType<Builder['packet']> {
  const data = b.packet(76);
  const end = b.packetEnd(80);
  const ok = b.block('ok');
  const short = b.block('short');
  b.bounds(data, bytes, end, to(ok), to(short));
  b.enter(short);
  b.exit('drop', 0);
  b.enter(ok);
  return data;
}

test('A function prints, numbered in order of appearance.', () => {
  const b = new Builder('main');
  const data = checked(b, 14);
  b.exit('to', b.swap(b.load(data, 12, 2), 2));
  verify(b.fn, 'test');
  assert.equal(print(b.fn), `program main
b0(v0: ctx):  ; entry
  v1: packet = load32 [v0+76]
  v2: end = load32 [v0+80]
  bounds v1, 14, v2 then b1 else b2
b1:  ; ok
  v3: i32 = load16 [v1+12]
  v4: i32 = swap16 v3
  exit to v4
b2:  ; short
  exit drop 0
`);
});

test('Packet memory behind the check is refused.', () => {
  const b = new Builder('main');
  const data = checked(b, 14);
  b.exit('to', b.load(data, 13, 2));
  broken(b, /15 bytes from the base, of which 14 are checked/);
});

test('A check counts for its own base only.', () => {
  const b = new Builder('main');
  const data = checked(b, 34);
  const moved = b.index(data, b.zext(b.load(data, 0, 1)));
  b.exit('to', b.load(moved, 0, 1));
  broken(b, /of which 0 are checked/);
});

test('A packet pointer dies where the packet moves.', () => {
  const b = new Builder('main');
  const data = checked(b, 14);
  b.call(38, [b.ctx, b.i64(100), b.i64(0)], { movesPacket: true });
  b.exit('to', b.load(data, 0, 1));
  broken(b, /before the packet moved/);
});

test('A value of a map needs its null check, on every way.', () => {
  const build = (swapped: boolean): Builder => {
    const b = new Builder('main');
    const key = b.slot(4, 4);
    b.store(key, 0, 4, b.i32(7));
    const found = b.lookup(1, [b.map(0), key]);
    const [hit, miss] = [b.block('hit'), b.block('miss')];
    b.ifNull(found, to(swapped ? hit : miss), to(swapped ? miss : hit));
    b.enter(miss);
    b.exit('next');
    b.enter(hit);
    b.exit('to', b.load(found, 0, 4));
    return b;
  };
  verify(build(false).fn, 'test');
  broken(build(true), /may be null/);
});

test('A parameter knows what all its arguments know.', () => {
  const b = new Builder('main');
  const data = checked(b, 20);
  const [join, left, right] = [b.block('join', 'packet'), b.block('left'), b.block('right')];
  b.branch('eq', b.load(data, 0, 4), b.i32(1), to(left), to(right));
  b.enter(left);
  b.jump(join, data);
  b.enter(right);
  b.jump(join, b.offset(data, 4));
  b.enter(join);
  const p = join.params[0];
  assert.ok(p);
  b.exit('to', b.load(p, 14, 2));
  verify(b.fn, 'test');
  join.insts.length = 0;
  join.end = undefined;
  b.exit('to', b.load(p, 14, 4));
  broken(b, /of which 16 are checked/);
});

test('Uses must be dominated, types must match.', () => {
  const b = new Builder('main');
  const [a, c] = [b.block('a'), b.block('c')];
  b.branch('eq', b.i32(1), b.i32(2), to(a), to(c));
  b.enter(a);
  const x = b.i32(5);
  b.jump(c);
  b.enter(c);
  b.exit('to', x);
  broken(b, /not defined on every way/);
  const m = new Builder('main');
  m.exit('to', m.alu('add', m.i32(1), m.i64(1)));
  broken(m, /add i32, i64/);
});

test('Stack accesses are aligned and inside.', () => {
  const b = new Builder('main');
  const s = b.slot(8, 4);
  b.store(s, 0, 8, b.i64(0));
  b.exit('next');
  broken(b, /8 bytes in a slot aligned to 4/);
});
