// Loops that are entered in many places: random graphs of blocks, in WebAssembly and in the interpreter, which knows no structure.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assemble } from '../../isa/assemble.ts';
import { encode } from '../../isa/encode.ts';
import { IMPLEMENTATIONS } from '../fixtures/both.ts';
import { createVm } from '../vm.ts';

const MOST_ROUNDS = 60;

function resultsOf(text: string): bigint[] {
  const assembled = assemble(text);
  assert.ok(assembled.ok, assembled.ok ? '' : JSON.stringify(assembled.errors));
  return IMPLEMENTATIONS.map(implementation => {
    const loaded = createVm({ implementation }).load({ name: 'graph', hook: 'memory', code: encode(assembled.insns) });
    assert.ok(loaded.ok, loaded.ok ? '' : loaded.refusal.reason);
    const ended = loaded.value.run(new Uint8Array(8));
    assert.ok(ended.ok, ended.ok ? '' : ended.fault.reason);
    return ended.value.result;
  });
}

test('a loop with two entries', () => {
  for (const way of [0, 1]) {
    const results = resultsOf(`
      mov %r0, 1
      mov %r6, 0
      mov %r1, ${way}
      jeq %r1, 0, b
      a: mul %r0, 3
      add %r6, 1
      b: add %r0, 7
      add %r6, 1
      jlt %r6, 9, a
      exit`);
    assert.equal(results[0], results[1]);
    assert.notEqual(results[0], 1n);
  }
});

test('graphs of any shape run as the interpreter runs them', () => {
  const block = (count: number) => fc.record({ mask: fc.integer({ min: 1, max: 15 }), taken: fc.nat({ max: count - 1 }), next: fc.nat({ max: count - 1 }) });
  const graph = fc.integer({ min: 2, max: 14 }).chain(count => fc.array(block(count), { minLength: count, maxLength: count }));
  fc.assert(fc.property(graph, fc.integer({ min: 0, max: 1000 }), (blocks, seed) => {
    const body = blocks.map(({ mask, taken, next }, i) => `
      b${i}: mul %r0, 31
      add %r0, ${i + 1}
      add %r6, 1
      jgt %r6, ${MOST_ROUNDS}, out
      mov %r1, %r0
      rsh %r1, 3
      jset %r1, ${mask}, b${taken}
      ja b${next}`);
    const [wasm, interpreter] = resultsOf(`mov %r0, ${seed}\nmov %r6, 0\n${body.join('\n')}\nout: exit`);
    assert.equal(wasm, interpreter);
  }), { numRuns: 120 });
});
