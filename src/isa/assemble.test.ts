// The assembler by example: labels, symbols, mistakes. Round trips are in isa.test.ts.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { assemble } from './assemble.ts';
import { disassemble } from './disassemble.ts';
import { compareKernels, HELPER_FUNCTIONS, helperById, helperNamed } from './helper-functions.ts';

/** A joint's worth of text: symbols for the linker, labels, a helper by name. */
const JOINT = `
  mov32 %r6, const(element)     # who we are
  jeq %r2, 7, own
  lddw %r2, map(ports)
  mov %r3, 0
  call tail_call
own:
  lddw %r1, value(counters)+16
  mov %r2, 1
  lock add [%r1], %r2
  ja exit(drop)
`;

test('symbols become relocations by slot', () => {
  const result = assemble(JOINT);
  assert.ok(result.ok);
  assert.deepEqual(result.relocations, [
    { kind: 'constant', slot: 0, name: 'element', offset: 0 },
    { kind: 'map', slot: 2, name: 'ports', offset: 0 },
    { kind: 'map-value', slot: 6, name: 'counters', offset: 16 },
    { kind: 'exit', slot: 10, name: 'drop', offset: 0 },
  ]);
  assert.deepEqual(result.insns[1], { kind: 'jump-imm', op: 'jeq', width: 64, dst: 2, imm: 7, offset: 4 });
  assert.deepEqual(result.lines, [2, 3, 4, 5, 6, 8, 9, 10, 11]);
  assert.equal(disassemble(result.insns, { relocations: result.relocations, labels: new Map([[6, 'own']]) }),
    JOINT.slice(1).replace(/ +#.*/, ''));
});

test('labels: before, behind, on the line, at the end, and exit', () => {
  const result = assemble('top: jne %r1, 0, exit\nja32 end\nmay_goto top\nexit\nexit\nend:');
  assert.ok(result.ok);
  assert.deepEqual(result.insns.map(insn => 'offset' in insn ? insn.offset : undefined), [3, 3, -3, undefined, undefined]);
});

test('names for numbers', () => {
  const result = assemble('ldxw %r2, [%r1+cb]\nmov32 %r0, SHOT', { constants: { cb: 48, SHOT: 2 } });
  assert.ok(result.ok);
  assert.deepEqual(result.insns, [{ kind: 'load', size: 4, dst: 2, src: 1, offset: 48 }, { kind: 'alu-imm', op: 'mov', width: 32, dst: 0, imm: 2 }]);
});

test('immediates: decimal is signed, hexadecimal may be unsigned', () => {
  const imm = (text: string): unknown => {
    const result = assemble(`mov %r0, ${text}`);
    return result.ok && result.insns[0]?.kind === 'alu-imm' ? result.insns[0].imm : undefined;
  };
  assert.equal(imm('-2147483648'), -0x8000_0000);
  assert.equal(imm('0xffffffff'), -1);
  assert.equal(imm('0x80000000'), -0x8000_0000);
  assert.equal(imm('2147483648'), undefined);
  assert.equal(imm('0x100000000'), undefined);
});

const MISTAKES: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
  ['mvo %r0, 1', 1, 1, /no instruction is called 'mvo'/],
  ['  add %r0', 1, 3, /takes 2 operands, not 1/],
  ['exit\nmov %r11, 1', 2, 5, /not a register/],
  ['mov %r1, %r50', 1, 10, /not a register/],
  ['ldxw %r1, %r2', 1, 11, /not a place in memory/],
  ['ldxw %r1, [%r2+0x8000]', 1, 11, /does not fit in 16 bits/],
  ['mov %r1, one', 1, 10, /not a number/],
  ['ja nowhere', 1, 4, /no label 'nowhere'/],
  ['a:\na:\nexit', 2, 1, /twice/],
  ['ja +40000', 1, 4, /does not fit in 16 bits/],
  ['call tail_cal', 1, 6, /no helper function is called 'tail_cal'/],
  ['lock', 1, 1, /lock takes/],
  ['lock fetch [%r1], %r2', 1, 1, /lock takes/],
  ['lock sub [%r1], %r2', 1, 1, /lock takes/],
  ['lddw %r1, array(x)', 1, 11, /not array\(\)/],
  ['lddw %r1, 0x10000000000000000', 1, 11, /does not fit in 64 bits/],
  ['mov %r1, map(x)', 1, 10, /const\(NAME\)/],
  ['ja exit(', 1, 4, /not a label/],
];

test('mistakes have a line, a column and a reason', () => {
  for (const [source, line, column, message] of MISTAKES) {
    const result = assemble(source);
    assert.ok(!result.ok, source);
    assert.equal(result.errors.length, 1, source);
    const [error] = result.errors;
    assert.deepEqual({ line: error!.line, column: error!.column }, { line, column }, `${source}: ${error!.message}`);
    assert.match(error!.message, message);
  }
});

test('all mistakes at once, in order', () => {
  const result = assemble('ja nowhere\nmov %r0\nexit\nmov %r99, 1');
  assert.ok(!result.ok);
  assert.deepEqual(result.errors.map(e => e.line), [1, 2, 4]);
});

test('a label too far for 16 bits is refused, and ja32 reaches it', () => {
  const body = 'mov %r0, 0\n'.repeat(33_000);
  assert.ok(!assemble(`ja far\n${body}far: exit`).ok);
  assert.ok(assemble(`ja32 far\n${body}far: exit`).ok);
});

test('helper functions have the ids of the kernel', () => {
  const ids = { map_lookup_elem: 1, ktime_get_ns: 5, skb_store_bytes: 9, tail_call: 12, skb_set_tunnel_key: 21, redirect: 23, skb_load_bytes: 26, csum_diff: 28, redirect_map: 51,
    skb_change_type: 32, skb_pull_data: 39, fib_lookup: 69, jiffies64: 118, ringbuf_output: 130, redirect_peer: 155, check_mtu: 163, loop: 181, user_ringbuf_drain: 209, cgrp_storage_delete: 211 };
  for (const [name, id] of Object.entries(ids)) assert.equal(helperNamed(name)?.id, id, name);
  assert.equal(HELPER_FUNCTIONS.length, 211);
  assert.equal(new Set(HELPER_FUNCTIONS.map(h => h.name)).size, 211);
  assert.equal(helperById(0), undefined);
  assert.equal(helperById(155)?.since, '5.10');
  HELPER_FUNCTIONS.reduce((a, b) => { assert.ok(compareKernels(a.since, b.since) <= 0, b.name); return b; });
});
