// Arithmetic, comparisons and byte order against a second reading of RFC 9669, in BigInt, that shares nothing with the translator.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encode } from '../../isa/encode.ts';
import type { Insn, Register } from '../../isa/insn.ts';
import { ALU_NAMES, JUMP_NAMES, type AluOp, type JumpOp } from '../../isa/opcodes.ts';
import { createVm, test } from '../fixtures/both.ts';

const MASK = { 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn } as const;

function reference(op: AluOp, width: 32 | 64, dst: bigint, src: bigint): bigint {
  const a = dst & MASK[width], b = src & MASK[width];
  const sa = BigInt.asIntN(width, a), sb = BigInt.asIntN(width, b);
  const shift = b & BigInt(width - 1);
  const results: Record<AluOp, () => bigint> = {
    add: () => a + b, sub: () => a - b, mul: () => a * b, or: () => a | b, and: () => a & b, xor: () => a ^ b, mov: () => b,
    lsh: () => a << shift, rsh: () => a >> shift, arsh: () => sa >> shift,
    div: () => b === 0n ? 0n : a / b, mod: () => b === 0n ? a : a % b, sdiv: () => sb === 0n ? 0n : sa / sb, smod: () => sb === 0n ? a : sa % sb,
  };
  return results[op]() & MASK[width];
}

function taken(op: JumpOp, width: 32 | 64, dst: bigint, src: bigint): boolean {
  const a = dst & MASK[width], b = src & MASK[width];
  const sa = BigInt.asIntN(width, a), sb = BigInt.asIntN(width, b);
  const results: Record<JumpOp, boolean> = {
    jeq: a === b, jne: a !== b, jset: (a & b) !== 0n, jgt: a > b, jge: a >= b, jlt: a < b, jle: a <= b, jsgt: sa > sb, jsge: sa >= sb, jslt: sa < sb, jsle: sa <= sb,
  };
  return results[op];
}

function swapped(value: bigint, bits: number): bigint {
  let out = 0n;
  for (let i = 0; i < bits; i += 8) out = out << 8n | (value >> BigInt(i) & 0xffn);
  return out;
}

function run(insns: readonly Insn[]): bigint {
  const loaded = createVm().load({ name: 'test', hook: 'memory', code: encode(insns) });
  assert.ok(loaded.ok);
  const ended = loaded.value.run(new Uint8Array(0));
  assert.ok(ended.ok);
  return ended.value.result;
}

const wide = (dst: Register, value: bigint): Insn => ({ kind: 'wide', dst, value });
/** Random, and often at an edge. */
const u64 = fc.oneof(fc.bigInt({ min: 0n, max: MASK[64] }), fc.constantFrom(0n, 1n, 2n, MASK[64], MASK[32], 1n << 31n, 1n << 32n, 1n << 63n, (1n << 63n) - 1n, (1n << 31n) - 1n));
const i32 = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 31, 32, 63, 64, 0x7fffffff, -0x80000000));
const width = fc.constantFrom<32 | 64>(32, 64);

test('arithmetic with registers and with immediates', () => {
  fc.assert(fc.property(fc.constantFrom(...ALU_NAMES), width, u64, u64, i32, (op, width, dst, src, imm) => {
    assert.equal(run([wide(0, dst), wide(3, src), { kind: 'alu', op, width, dst: 0, src: 3 }, { kind: 'exit' }]), reference(op, width, dst, src), `${op}${width}`);
    assert.equal(run([wide(0, dst), { kind: 'alu-imm', op, width, dst: 0, imm }, { kind: 'exit' }]), reference(op, width, dst, BigInt(imm)), `${op}${width} imm`);
  }), { numRuns: 400 });
});

test('a register with itself', () => {
  fc.assert(fc.property(fc.constantFrom(...ALU_NAMES), width, u64, (op, width, value) => {
    assert.equal(run([wide(0, value), { kind: 'alu', op, width, dst: 0, src: 0 }, { kind: 'exit' }]), reference(op, width, value, value));
  }), { numRuns: 100 });
});

test('negation, sign extension and byte order', () => {
  fc.assert(fc.property(width, u64, fc.constantFrom<16 | 32 | 64>(16, 32, 64), fc.constantFrom<8 | 16 | 32>(8, 16, 32), (width, value, bits, from) => {
    assert.equal(run([wide(0, value), { kind: 'neg', width, dst: 0 }, { kind: 'exit' }]), -value & MASK[width]);
    const low = value & (1n << BigInt(bits)) - 1n;
    assert.equal(run([wide(0, value), { kind: 'endian', order: 'le', bits, dst: 0 }, { kind: 'exit' }]), low);
    for (const order of ['be', 'swap'] as const) assert.equal(run([wide(0, value), { kind: 'endian', order, bits, dst: 0 }, { kind: 'exit' }]), swapped(low, bits));
    if (from === 32 && width === 32) return;
    assert.equal(run([wide(2, value), { kind: 'mov-signed', from, width, dst: 0, src: 2 }, { kind: 'exit' }]), BigInt.asIntN(from, value) & MASK[width]);
  }), { numRuns: 200 });
});

test('conditional jumps, taken and not, as branches and as inverted branches', () => {
  fc.assert(fc.property(fc.constantFrom(...JUMP_NAMES), width, u64, u64, i32, (op, width, dst, src, imm) => {
    const sides: Insn[] = [{ kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 0 }, { kind: 'exit' }, { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 1 }, { kind: 'exit' }];
    assert.equal(run([wide(2, dst), wide(3, src), { kind: 'jump', op, width, dst: 2, src: 3, offset: 2 }, ...sides]), taken(op, width, dst, src) ? 1n : 0n);
    assert.equal(run([wide(2, dst), { kind: 'jump-imm', op, width, dst: 2, imm, offset: 2 }, ...sides]), taken(op, width, dst, BigInt(imm)) ? 1n : 0n);
    // Both ends meet: one of them becomes the branch.
    const skip: Insn[] = [{ kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 1 }, { kind: 'jump', op, width, dst: 2, src: 3, offset: 1 }, { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 0 }, { kind: 'exit' }];
    assert.equal(run([wide(2, dst), wide(3, src), ...skip]), taken(op, width, dst, src) ? 1n : 0n);
    const dive: Insn[] = [{ kind: 'jump', op, width, dst: 2, src: 3, offset: 1 }, { kind: 'ja', reach: 16, offset: 1 }, { kind: 'alu-imm', op: 'add', width: 64, dst: 0, imm: 1 }, { kind: 'exit' }];
    assert.equal(run([wide(2, dst), wide(3, src), wide(0, 0n), ...dive]), taken(op, width, dst, src) ? 1n : 0n);
  }), { numRuns: 300 });
});
