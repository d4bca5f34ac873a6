// Step by step: where a program is, what its registers hold, and how it ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { createVm, type Vm } from '../vm.ts';

const lines = [1, 1, 2, 3].map((line, slot) => ({ slot, file: 0, line, column: 1, text: '' }));

function load(vm: Vm, text: string, hook: 'memory' | 'tc' = 'memory') {
  const assembled = assemble(text);
  assert.ok(assembled.ok);
  const loaded = vm.load({ name: 'stepped', hook, code: encode(assembled.insns), source: { files: ['stepped.ts'], lines } });
  assert.ok(loaded.ok);
  return loaded.value;
}

test('an instruction at a time, with registers, into calls and out', () => {
  const run = load(createVm({ implementation: 'interpreter' }), 'mov %r1, 5\ncall local f\nadd %r0, 1\nexit\nf: mov %r0, %r1\nlsh %r0, 40\nexit').debug(new Uint8Array(0));
  const seen: string[] = [];
  let end = run.step(0);
  while (end === undefined) {
    const { slot, instruction, depth, place, registers } = run.position;
    seen.push(`${slot} ${instruction} depth ${depth} line ${place?.line} r0 ${registers[0]}`);
    end = run.step();
  }
  assert.deepEqual(seen, [
    '0 mov %r1, 5 depth 0 line 1 r0 0', '1 call local +2 depth 0 line 1 r0 0', '4 mov %r0, %r1 depth 1 line 3 r0 0', '5 lsh %r0, 40 depth 1 line 3 r0 5',
    `6 exit depth 1 line 3 r0 ${5n << 40n}`, `2 add %r0, 1 depth 0 line 2 r0 ${5n << 40n}`, `3 exit depth 0 line 3 r0 ${(5n << 40n) + 1n}`,
  ]);
  assert.ok(end.ok);
  assert.equal((end.value as { result: bigint }).result, (5n << 40n) + 1n);
  assert.equal(run.step(), end);
});

test('a line at a time', () => {
  const run = load(createVm({ implementation: 'interpreter' }), 'mov %r0, 1\nmov %r2, 2\nadd %r0, %r2\nexit').debug(new Uint8Array(0));
  assert.equal(run.stepLine(), undefined);
  assert.deepEqual([run.position.slot, run.position.place?.line], [2, 2]);
  assert.equal(run.stepLine(), undefined);
  assert.deepEqual([run.position.slot, run.position.place?.line], [3, 3]);
  assert.ok(run.stepLine()?.ok);
});

test('steps follow tail calls, and a fault names slot and line in either implementation', () => {
  for (const implementation of ['wasm', 'interpreter'] as const) {
    const vm = createVm({ implementation });
    const array = vm.createMap({ name: 'progs', type: 'PROG_ARRAY', keyBytes: 4, valueBytes: 4, capacity: 1 });
    const second = load(vm, 'mov %r0, 0\nmov %r3, 3\nldxw %r0, [%r3]\nexit', 'tc');
    array.update(new Uint8Array(4), new Uint8Array(Uint32Array.of(second.handle).buffer));
    const first = load(vm, `lddw %r2, map_fd(${array.handle})\nmov %r3, 0\ncall tail_call\nexit`, 'tc');
    const input = { frame: new Uint8Array(60) };
    const ended = implementation === 'wasm' ? first.run(input as never) : first.debug(input as never).step(100);
    assert.ok(ended !== undefined && !ended.ok);
    assert.deepEqual(ended.fault, { kind: 'access', slot: 2, place: { file: 'stepped.ts', line: 2, column: 1 }, reason: 'read of 4 bytes at 0x3, which is in no region' });
  }
});
