// What each pass is for, on small IR. That meaning is kept is test/compiler/engines.long.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optimize } from './optimize.ts';
import { Builder, to } from '../ir/build.ts';
import type { Block, Func, Value } from '../ir/ir.ts';
import { print } from '../ir/print.ts';

const optimized = (b: Builder): string => print(optimize(b.fn, { verifyIr: 'always' })).replace(/ {2}; \w+/g, '').split('\n').slice(1, -1).map(l => l.trim()).join('\n');
const lines = (...text: string[]): string => text.join('\n');

/** A packet of which `bytes` are checked; building goes on behind the check. */
function packet(b: Builder, bytes: number): Value {
  const data = b.packet(76);
  check(b, data, bytes);
  return data;
}

function check(b: Builder, base: Value, bytes: number): void {
  const [ok, short] = [b.block('ok'), b.block('short')];
  b.bounds(base, bytes, b.packetEnd(80), to(ok), to(short));
  b.enter(short);
  b.exit('drop', 0);
  b.enter(ok);
}

const param = (block: Block): Value => block.params[0] as Value;
const port = (b: Builder): Value => b.load(b.ctx, 48, 2);

test('Arithmetic of constants is done, and what changes nothing goes.', () => {
  const b = new Builder('t');
  const x = b.alu('add', b.alu('mul', b.i32(6), b.i32(7)), b.alu('sub', port(b), b.i32(0)));
  b.exit('to', b.wrap(b.alu('or', x, b.i32(0)), 32));
  assert.equal(optimized(b), lines('b0(v0: ctx):', 'v1: i32 = const 42', 'v2: i32 = load16 [v0+48]', 'v3: i32 = add v2, v1', 'exit to v3'));
});

test('A swapped value is compared as it lies in memory.', () => {
  const b = new Builder('t');
  const data = packet(b, 14);
  const [yes, no] = [b.block('yes'), b.block('no')];
  b.branch('eq', b.swap(b.load(data, 12, 2), 2), b.i32(0x0806), to(yes), to(no));
  b.enter(yes);
  b.exit('flood');
  b.enter(no);
  b.exit('next');
  const text = optimized(b);
  assert.match(text, /const 1544/);
  assert.doesNotMatch(text, /swap/);
});

test('A second check of the same base goes where the first was larger, and stays where it was smaller.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  check(b, data, 20);
  check(b, data, 54);
  b.exit('to', b.load(data, 50, 2));
  assert.deepEqual(optimized(b).match(/bounds v\d+, \d+/g)?.map(t => t.split(', ')[1]), ['34', '54']);
});

test('data and data_end are loaded once, and again after a call that moves the packet.', () => {
  const count = (moves: boolean): number => {
    const b = new Builder('t');
    const first = packet(b, 14);
    const a = b.load(first, 0, 2);
    if (moves) b.call(38, [b.ctx, b.i64(100), b.i64(0)], { movesPacket: true });
    else b.call(118, []);
    b.exit('to', b.alu('add', a, b.load(packet(b, 14), 2, 2)));
    return optimized(b).match(/packet = load/g)?.length ?? 0;
  };
  assert.deepEqual([count(false), count(true)], [1, 2]);
});

test('A flag that is set on two ways and tested behind them dissolves.', () => {
  const b = new Builder('t');
  const [found, missing, join, yes, no] = [b.block('found'), b.block('missing'), b.block('join', 'i32', 'i32'), b.block('yes'), b.block('no')];
  b.branch('eq', port(b), b.i32(3), to(found), to(missing));
  b.enter(found);
  b.jump(join, b.i32(1), b.load(b.ctx, 52, 4));
  b.enter(missing);
  b.jump(join, b.i32(0), b.i32(0));
  b.enter(join);
  b.branch('ne', param(join), b.i32(0), to(yes), to(no));
  b.enter(yes);
  b.exit('to', join.params[1]);
  b.enter(no);
  b.exit('drop', 1);
  assert.equal(optimized(b).match(/branch/g)?.length, 1);
});

test('A flag with other work before its test asks the question again.', () => {
  const b = new Builder('t');
  const from = port(b);
  const [found, missing, join, yes, no] = [b.block('found'), b.block('missing'), b.block('join', 'i32'), b.block('yes'), b.block('no')];
  b.branch('eq', from, b.i32(3), to(found), to(missing));
  b.enter(found);
  b.jump(join, b.i32(1));
  b.enter(missing);
  b.jump(join, b.i32(0));
  b.enter(join);
  const [later, earlier, on] = [b.block('later'), b.block('earlier'), b.block('on')];
  b.branch('ult', b.call(118, []), b.i64(99), to(earlier), to(later));
  b.enter(earlier);
  b.exit('drop', 1);
  b.enter(later);
  b.jump(on);
  b.enter(on);
  b.branch('ne', param(join), b.i32(0), to(yes), to(no));
  b.enter(yes);
  b.exit('flood');
  b.enter(no);
  b.exit('next');
  const text = optimized(b);
  assert.equal(text.match(/branch/g)?.length, 2);
  assert.doesNotMatch(text, /\(v\d+: i32\)/);
});

test('Equal blocks on different ways are one, with constants of its own.', () => {
  const b = new Builder('t');
  const [first, second, left, right, out] = [b.block('first'), b.block('second'), b.block('left'), b.block('right'), b.block('out')];
  b.branch('eq', port(b), b.i32(1), to(first), to(second));
  for (const [above, below, at] of [[first, left, 52], [second, right, 60]] as const) {
    b.enter(above);
    const seven = b.i32(7);
    b.branch('ugt', b.load(b.ctx, at, 4), b.i32(at), to(below), to(out));
    b.enter(below);
    b.exit('to', b.alu('add', b.load(b.ctx, 56, 4), seven));
  }
  b.enter(out);
  b.exit('next');
  assert.equal(optimized(b).match(/exit to/g)?.length, 1);
});

test('What is added and taken away goes.', () => {
  const b = new Builder('t');
  const [x, y, z] = [0, 8, 16].map(at => b.zext(b.load(b.ctx, at, 4))) as [Value, Value, Value];
  const sum = b.alu('sub', b.alu('add', b.alu('add', x, y), b.i64(7)), b.alu('add', b.alu('add', z, x), b.i64(7)));
  b.exit('to', b.trunc(sum));
  assert.equal(optimized(b).match(/load32/g)?.length, 2);
});

test('A loop is not unrolled by threading.', () => {
  const b = new Builder('t');
  const [head, body, out] = [b.block('head', 'i32'), b.block('body'), b.block('out')];
  b.jump(head, b.i32(0));
  b.enter(head);
  b.branch('ult', param(head), b.i32(100), to(body), to(out));
  b.enter(body);
  b.store(b.ctx, 52, 4, param(head));
  b.jump(head, b.alu('add', param(head), b.i32(1)));
  b.enter(out);
  b.exit('next');
  assert.ok(optimized(b).split('\n').length < 20);
});

test('A value that was compared with a constant is passed on in its own register.', () => {
  const b = new Builder('t');
  const x = b.load(b.ctx, 52, 4);
  const [join, other, out] = [b.block('join', 'i32'), b.block('other'), b.block('out')];
  b.branch('eq', x, b.i32(6), to(join, b.i32(6)), to(other));
  b.enter(other);
  b.branch('eq', x, b.i32(17), to(join, b.i32(17)), to(out));
  b.enter(out);
  b.exit('next');
  b.enter(join);
  b.exit('to', param(join));
  assert.match(optimized(b), /exit to v1/);
});

test('A key is zeroed, filled and padded by as few stores as it takes.', () => {
  const b = new Builder('t');
  const data = packet(b, 14);
  const key = b.slot(12, 4);
  for (const at of [0, 4, 8]) b.store(key, at, 4, b.i32(0));
  b.store(key, 0, 4, b.link('element'));
  b.store(key, 4, 4, b.load(data, 0, 4));
  b.store(key, 8, 2, b.load(data, 4, 2));
  b.store(key, 10, 2, b.i32(0));
  b.call(1, [b.map(0), key]);
  b.exit('next');
  assert.deepEqual(optimized(b).match(/store\d+ \[v\d+(\+\d+)?\]/g)?.map(t => t.replace(/v\d+/, '')), ['store32 []', 'store32 [+4]', 'store32 [+8]']);
});

test('Equal keys for two maps are one.', () => {
  const b = new Builder('t');
  const look = (map: number): void => {
    const key = b.slot(4, 4);
    b.store(key, 0, 4, b.link('element'));
    b.call(1, [b.map(map), key]);
  };
  look(0);
  look(1);
  b.exit('next');
  const text = optimized(b);
  assert.deepEqual([text.match(/slot/g)?.length, text.match(/store/g)?.length], [1, 1]);
});

test('What was stored is not loaded, unless somebody else may have stored.', () => {
  const loads = (between: (b: Builder, slot: Value) => void): number => {
    const b = new Builder('t');
    const slot = b.slot(8, 8);
    b.store(slot, 0, 8, b.zext(port(b)));
    between(b, slot);
    b.exit('to', b.trunc(b.alu('lshr', b.load(slot, 0, 8), b.i64(3))));
    return optimized(b).match(/load64/g)?.length ?? 0;
  };
  assert.equal(loads(() => {}), 0);
  assert.equal(loads(b => { b.call(118, []); }), 0);
  assert.equal(loads((b, slot) => { b.call(26, [b.ctx, b.i64(0), slot, b.i64(8)]); }), 1);
});

test('A check of what has been checked on the way, or is null, goes.', () => {
  const b = new Builder('p');
  const key = b.slot(4, 4);
  b.store(key, 0, 4, b.i32(1));
  const found = b.lookup(1, [b.map(0), key]);
  const [hit, none, join, yes, no] = [b.block('hit'), b.block('none'), b.block('join', 'value'), b.block('yes'), b.block('no')];
  b.ifNull(found, to(none), to(hit));
  b.enter(hit);
  b.branch('eq', b.load(found, 0, 4), b.i32(5), to(join, found), to(join, b.null()));
  b.enter(none);
  b.jump(join, b.null());
  b.enter(join);
  b.ifNull(join.params[0]!, to(no), to(yes));
  b.enter(no);
  b.exit('drop', 1);
  b.enter(yes);
  b.exit('to', b.load(join.params[0]!, 4, 4));
  assert.equal((optimized(b).match(/branch/g) ?? []).length, 2);
});

test('Optimising twice changes nothing more.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  const key = b.slot(4, 4);
  b.store(key, 0, 4, b.swap(b.load(data, 26, 4), 4));
  const found = b.lookup(1, [b.map(0), key]);
  const [hit, miss] = [b.block('hit'), b.block('miss')];
  b.ifNull(found, to(miss), to(hit));
  b.enter(miss);
  b.exit('drop', 2);
  b.enter(hit);
  b.exit('to', b.load(found, 0, 4));
  const fn: Func = optimize(b.fn, { verifyIr: 'always' });
  const once = print(fn);
  assert.equal(print(optimize(fn, { verifyIr: 'always' })), once);
});

/** Three ways by the port, each of which jumps on with what `of` makes there. */
function ways(b: Builder, of: (i: number) => Value): Value {
  const join = b.block('join', 'i32');
  for (const i of [0, 1]) {
    const [yes, no] = [b.block('yes'), b.block('no')];
    b.branch('eq', port(b), b.i32(i), to(yes), to(no));
    b.enter(yes);
    b.jump(join, of(i));
    b.enter(no);
  }
  b.jump(join, b.i32(0x1200));
  b.enter(join);
  return param(join);
}

test('What every way turns round is turned round behind them, where it meets its opposite.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  const key = ways(b, i => b.swap(b.load(data, 12 + 4 * i, 2), 2));
  b.exit('to', b.swap(key, 2));
  const text = optimized(b);
  assert.doesNotMatch(text, /swap/);
  assert.match(text, /const 18$/m);
});

test('Turned round for something else too, it is turned round on the ways.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  const key = ways(b, i => {
    const turned = b.swap(b.load(data, 12 + 4 * i, 2), 2);
    b.store(data, 20, 2, turned);
    return turned;
  });
  b.exit('to', b.swap(key, 2));
  assert.equal(optimized(b).match(/swap/g)?.length, 2);
});

test('What both ways begin with is done before the branch.', () => {
  const b = new Builder('t');
  const [yes, no] = [b.block('yes'), b.block('no')];
  b.branch('eq', port(b), b.i32(7), to(yes), to(no));
  for (const [block, helper] of [[yes, 1], [no, 3]] as const) {
    b.enter(block);
    const key = b.slot(4, 4);
    b.store(key, 0, 4, b.link('element'));
    b.call(helper, [b.map(0), key]);
    b.exit('next');
  }
  const text = optimized(b);
  assert.equal(text.match(/store32/g)?.length, 1);
  assert.ok(text.indexOf('store32') < text.indexOf('branch'));
});

test('Blocks that differ by a constant that they pass on are one, to which it is passed.', () => {
  const b = new Builder('t');
  const data = packet(b, 14);
  const end = b.packetEnd(80);
  const start = b.alu('and', b.zext(b.load(data, 12, 2)), b.i64(0xff));
  const short = b.block('short');
  const kind = ways(b, i => {
    const there = b.block('there');
    b.bounds(b.index(data, start), 20, end, to(there), to(short));
    b.enter(there);
    return b.i32(5 + i);
  });
  b.exit('to', kind);
  b.enter(short);
  b.exit('drop', 0);
  const text = optimized(b);
  assert.equal(text.match(/bounds v\d+, 20/g)?.length, 1);
  assert.match(text, /const 5$/m);
  assert.match(text, /const 6$/m);
});

test('What is only turned round behind the ways is turned round on them, if that undoes one.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  const wide = ways(b, i => i === 0 ? b.swap(b.load(data, 12, 4), 4) : b.alu('or', b.swap(b.load(data, 16, 4), 4), b.i32(0xff)));
  b.exit('to', b.swap(wide, 4));
  assert.doesNotMatch(optimized(b), /swap/);
});

test('A checksum that two fields change by what cancels out is not updated.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  const [x, y] = [b.zext(b.load(data, 26, 4)), b.zext(b.load(data, 30, 4))];
  const sum = b.alu('sub', b.alu('add', y, x), b.alu('add', x, y));
  const update = (by: Value): void => { b.call(11, [b.ctx, b.i64(50), b.i64(0), by, b.i64(0x10)], { movesPacket: true }); };
  update(b.alu('add', sum, b.i64(0xffff)));
  update(x);
  b.exit('next');
  assert.equal(optimized(b).match(/call moves 11/g)?.length, 1);
});

test('A sum of which terms cancel out is made where its terms are, not where it is needed.', () => {
  const b = new Builder('t');
  const data = packet(b, 34);
  const word = (at: number): Value => b.zext(b.load(data, at, 4));
  const [x, y, z] = [word(14), word(18), word(22)];
  b.store(data, 14, 4, b.i32(1));
  b.exit('to', b.trunc(b.alu('sub', b.alu('add', b.alu('add', z, y), x), y)));
  const text = optimized(b);
  assert.doesNotMatch(text, /sub/);
  assert.ok(text.indexOf('= add') < text.indexOf('store32'));
});
