// The code of small functions, as text. That it computes the right thing is test/compiler/engines.long.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit } from './emit.ts';
import { Builder, to } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';
import type { Program } from '../../image/image.ts';
import { decode } from '../../isa/decode.ts';
import { disassemble } from '../../isa/disassemble.ts';

const emitted = (b: Builder): Program => emit(b.fn, { hook: 'tc', textOf: (file, line) => `  file ${file} line ${line}`, verifyIr: 'always' }).program;

function code(program: Program): string[] {
  const decoded = decode(program.code);
  assert.ok(decoded.ok);
  return disassemble(decoded.insns).trim().split('\n').map(l => l.trim());
}

test('A bounds check, a load and two exits.', () => {
  const b = new Builder('main');
  const data = b.packet(76);
  const [ok, short] = [b.block('ok'), b.block('short')];
  b.bounds(data, 14, b.packetEnd(80), to(ok), to(short));
  b.enter(short);
  b.exit('drop', 3);
  b.enter(ok);
  b.exit('to', b.load(data, 12, 2));
  const program = emitted(b);
  assert.deepEqual(code(program), [
    'ldxw %r0, [%r1+76]', 'ldxw %r2, [%r1+80]', 'mov %r3, %r0', 'add %r3, 14', 'jgt %r3, %r2, L7',
    'ldxh %r2, [%r0+12]', 'ja L7', 'L7:', 'mov %r2, 3', 'ja L9', 'L9:',
  ]);
  assert.deepEqual(program.relocations, [{ kind: 'exit', slot: 6, exit: 'to' }, { kind: 'exit', slot: 8, exit: 'drop' }]);
});

test('What lives across a call is in a register that survives it; keys are addressed from the frame.', () => {
  const b = new Builder('main');
  const key = b.slot(8, 4);
  b.store(key, 0, 4, b.link('element'));
  b.store(key, 4, 4, b.i32(-1));
  const found = b.lookup(1, [b.map(2), key]);
  const [hit, miss] = [b.block('hit'), b.block('miss')];
  b.ifNull(found, to(miss), to(hit));
  b.enter(miss);
  b.exit('next');
  b.enter(hit);
  b.exit('to', b.load(found, 0, 2));
  const program = emitted(b);
  const text = code(program).join('\n');
  assert.match(text, /^(1 +)?mov %r6, %r1\nstdw \[%r10-8\], 0\nstw \[%r10-4\], -1\nlddw %r1, .*\nmov %r2, %r10\nadd %r2, -8\ncall map_lookup_elem/);
  assert.equal(program.stackBytes, 8);
  assert.deepEqual(program.relocations.slice(0, 2), [{ kind: 'constant', slot: 1, name: 'element' }, { kind: 'map', slot: 3, map: 2 }]);
});

test('The first store into a word of the frame takes all of it; in loops one is made for that.', () => {
  const stored = (loops: boolean): string[] => {
    const b = new Builder('main');
    const key = b.slot(8, 4);
    const [body, out] = [b.block('body', 'i32'), b.block('out')];
    b.jump(body, b.load(b.ctx, 52, 4));
    b.enter(body);
    const [n] = body.params as [Value];
    b.store(key, 4, 4, n);
    b.store(key, 0, 4, n);
    b.call(3, [b.map(2), key]);
    const next = b.alu('sub', n, b.i32(1));
    b.branch('ne', next, b.i32(0), loops ? to(body, next) : to(out), to(out));
    b.enter(out);
    b.exit('next');
    return code(emitted(b)).filter(l => l.startsWith('st')).map(l => l.replace(/%r\d$/, 'n'));
  };
  assert.deepEqual(stored(true), ['stdw [%r10-8], 0', 'stxw [%r10-4], n', 'stxw [%r10-8], n']);
  assert.deepEqual(stored(false), ['stxw [%r10-4], n', 'stxw [%r10-8], n']);
});

test('Arguments that change places go through no wrong register.', () => {
  const b = new Builder('main');
  const [head, body, out] = [b.block('head', 'i32', 'i32', 'i32'), b.block('body'), b.block('out')];
  b.jump(head, b.i32(0), b.load(b.ctx, 52, 4), b.load(b.ctx, 56, 4));
  const [i, x, y] = head.params as [Value, Value, Value];
  b.enter(head);
  b.branch('ult', i, b.i32(5), to(body), to(out));
  b.enter(body);
  b.jump(head, b.alu('add', i, b.i32(1)), y, x);
  b.enter(out);
  b.exit('to', x);
  // Three moves for the exchange, in whatever registers.
  assert.equal(code(emitted(b)).filter(l => /^mov %r\d, %r\d$/.test(l)).length >= 3, true);
});

test('More values than registers are kept in the frame, 8 bytes each, and signed division has no opcode of its own.', () => {
  const b = new Builder('main');
  const values = Array.from({ length: 14 }, (_, n) => b.alu('sdiv', b.load(b.ctx, 52, 4), b.load(b.ctx, 56 + 4 * (n % 3), 4)));
  b.call(118, []);
  b.exit('to', values.reduce((a, v) => b.alu('xor', a, v)));
  const program = emitted(b);
  assert.ok(program.stackBytes >= 8 && program.stackBytes % 8 === 0, `${program.stackBytes}`);
  assert.doesNotMatch(code(program).join('\n'), /sdiv/);
});

test('Lines begin where their instructions do, with their text.', () => {
  const b = new Builder('main');
  b.at({ file: 0, line: 3, column: 5 });
  b.store(b.ctx, 52, 4, b.i32(1));
  b.at({ file: 1, line: 9, column: 1 });
  b.exit('flood');
  assert.deepEqual(emitted(b).lines, [
    { slot: 0, file: 0, line: 3, column: 5, text: 'file 0 line 3' },
    { slot: 2, file: 1, line: 9, column: 1, text: 'file 1 line 9' },
  ]);
});

test('Constants go to ctx by a register: kernels before 6.3 take no others.', () => {
  const b = new Builder('main');
  b.store(b.ctx, 52, 4, b.i32(7));
  b.exit('flood');
  const text = code(emitted(b)).join('\n');
  assert.match(text, /stxw \[%r\d\+52\], %r\d/);
  assert.doesNotMatch(text, /stw /);
});

test('An edge that cannot be is no code.', () => {
  const b = new Builder('main');
  const [yes, no] = [b.block('yes'), b.block('no')];
  b.branch('eq', b.load(b.ctx, 52, 4), b.i32(1), to(yes), to(no));
  b.enter(no);
  b.unreachable();
  b.enter(yes);
  b.exit('next');
  assert.doesNotMatch(code(emitted(b)).join('\n'), /jeq|jne/);
});

test('Equal IR gives equal bytes.', () => {
  const build = (): Uint8Array => {
    const b = new Builder('main');
    const values = Array.from({ length: 12 }, (_, n) => b.load(b.ctx, 52 + 4 * (n % 4), 4));
    b.exit('to', values.reduce((a, v) => b.alu('add', a, v)));
    return emitted(b).code;
  };
  assert.deepEqual(build(), build());
});

test('An index in range by what the verifier does not see is said to be in range.', () => {
  const indexed = (n: number): string => {
    const b = new Builder('t');
    const by = b.alu('umod', b.load(b.ctx, 0, 4), b.i32(n));
    b.exit('to', b.load(b.index(b.mapValue(0), b.zext(by)), 0, 1));
    return code(emitted(b)).join('\n');
  };
  assert.match(indexed(8), /and %r\d, 7/);
  assert.match(indexed(3), /j(gt|le) %r\d, 2/);
});

test('Words are compared whole with constants: old verifiers learn nothing of an index from its lower half.', () => {
  const b = new Builder('t');
  const x = b.alu('xor', b.load(b.ctx, 0, 4), b.load(b.ctx, 4, 4));
  const [small, big] = [b.block('small'), b.block('big')];
  b.branch('ult', x, b.i32(3), to(small), to(big));
  b.enter(small);
  b.exit('to', b.load(b.index(b.mapValue(0), b.zext(x)), 0, 1));
  b.enter(big);
  b.exit('flood');
  assert.match(code(emitted(b)).join('\n'), /j(lt|gt) %r\d, [23]/);
});

test('An offset that a loop carries loses its lower bound, the count does not.', () => {
  const b = new Builder('t');
  const data = b.packet(76);
  const end = b.packetEnd(80);
  const [head, body, inside, on, out] = [b.block('head', 'i64', 'i32'), b.block('body'), b.block('inside'), b.block('on'), b.block('out')];
  b.jump(head, b.i64(14), b.i32(0));
  b.enter(head);
  const [at, rounds] = head.params as [Value, Value];
  b.branch('ult', rounds, b.i32(8), to(body), to(out));
  b.enter(body);
  const here = b.index(data, at);
  b.bounds(here, 1, end, to(inside), to(out));
  b.enter(inside);
  const next = b.alu('add', at, b.zext(b.load(here, 0, 1)));
  b.branch('ugt', next, b.i64(2047), to(out), to(on));
  b.enter(on);
  b.jump(head, next, b.alu('add', rounds, b.i32(1)));
  b.enter(out);
  b.exit('next');
  const text = code(emitted(b)).join('\n');
  assert.equal(text.match(/and %r\d, 2047/g)?.length, 1);
  assert.equal(text.match(/and/g)?.length, 1);
});

test('Objects of the frame share memory where they do not fit otherwise, if they are not needed together.', () => {
  const bytesOf = (together: boolean): number => {
    const b = new Builder('t');
    const slots = [300, 296].map(bytes => b.slot(bytes, 4));
    const fill = (slot: Value): void => { b.store(slot, 0, 4, b.i32(1)); };
    const read = (slot: Value): void => { b.call(3, [b.map(0), slot]); };
    if (together) { for (const s of slots) fill(s); for (const s of slots) read(s); } else for (const s of slots) { fill(s); read(s); }
    b.exit('next');
    return emitted(b).stackBytes;
  };
  assert.equal(bytesOf(false), 304);
  assert.equal(bytesOf(true), 600);
});

test('A constant for one way of a branch is put into its register before it, where the other way has nothing in there.', () => {
  const b = new Builder('main');
  const [yes, no, join] = [b.block('yes'), b.block('no'), b.block('join', 'i32')];
  b.branch('eq', b.load(b.ctx, 48, 2), b.i32(7), to(yes), to(no));
  b.enter(yes);
  b.jump(join, b.i32(1));
  b.enter(no);
  b.jump(join, b.i32(2));
  b.enter(join);
  b.exit('to', join.params[0] as Value);
  assert.deepEqual(code(emitted(b)), ['ldxh %r0, [%r1+48]', 'mov %r2, 1', 'jeq %r0, 7, L4', 'mov %r2, 2', 'L4:', 'ja L5', 'L5:']);
});
