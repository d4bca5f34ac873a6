// Every instruction in its three forms, and round trips between them.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { assemble } from './assemble.ts';
import { decode } from './decode.ts';
import { disassemble, text } from './disassemble.ts';
import { encode } from './encode.ts';
import { slots, slotStarts, type Insn } from './insn.ts';
import { ATOMIC_OPS } from './opcodes.ts';
import { arbitraryInsn } from './fixtures/arbitrary.ts';
import { INSTRUCTIONS } from './fixtures/instructions.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const program = fc.array(arbitraryInsn, { maxLength: 30 });

/** What tells two instructions apart, without operands. */
function form(insn: Insn): string {
  return Object.entries(insn).filter(([key]) => ['kind', 'op', 'width', 'size', 'from', 'bits', 'order', 'reach'].includes(key)).map(([key, value]) => `${key}=${value}`).sort().join(' ');
}

test('each instruction as value, text and bytes', () => {
  for (const [insn, line, bytes] of INSTRUCTIONS) {
    assert.equal(hex(encode([insn])), bytes, line);
    assert.deepEqual(decode(Buffer.from(bytes, 'hex')), { ok: true, insns: [insn] });
    assert.equal(text(insn), line);
    const assembled = assemble(line);
    assert.ok(assembled.ok, line);
    assert.deepEqual(assembled.insns, [insn]);
  }
});

test('no instruction is missing from the table', () => {
  const listed = new Set(INSTRUCTIONS.map(([insn]) => form(insn)));
  const immediates = [0, 16, 32, 64, 0x100, 0x110, ...Object.values(ATOMIC_OPS)];
  const found = new Set<string>();
  for (let opcode = 0; opcode < 256; opcode++) {
    for (let src = 0; src < 16; src++) {
      for (const offset of [0, 1, 2, 8, 16, 32, 64]) {
        for (const imm of immediates) {
          const bytes = new DataView(new ArrayBuffer(opcode === 0x18 ? 16 : 8));
          bytes.setUint8(0, opcode);
          bytes.setUint8(1, src << 4);
          bytes.setInt16(2, offset, true);
          bytes.setInt32(4, imm, true);
          const decoded = decode(new Uint8Array(bytes.buffer));
          if (decoded.ok) found.add(form(decoded.insns[0]!));
        }
      }
    }
  }
  assert.deepEqual([...found].sort(), [...listed].sort());
  assert.equal(listed.size, INSTRUCTIONS.length);
});

test('encode, then decode', () => {
  fc.assert(fc.property(program, insns => assert.deepEqual(decode(encode(insns)), { ok: true, insns })));
});

test('random bytes are instructions that encode to the same bytes, or an error value', () => {
  // Opcodes of real instructions, mostly-zero fields: else nearly nothing decodes and the property is empty.
  const slot = fc.tuple(fc.oneof(fc.nat(255), fc.constantFrom(...INSTRUCTIONS.map(([, , bytes]) => Number.parseInt(bytes.slice(0, 2), 16)))), fc.oneof(fc.constant(0), fc.nat(255)),
    fc.oneof(fc.constant(0), fc.nat(255)), fc.constantFrom(0, 0, 255), fc.oneof(fc.constant(0), fc.nat(255)), fc.constantFrom(0, 0, 1), fc.constant(0), fc.constant(0));
  let decodedOnce = 0;
  fc.assert(fc.property(fc.array(slot, { maxLength: 4 }), slots => {
    const bytes = Uint8Array.from(slots.flat());
    const decoded = decode(bytes);
    if (!decoded.ok) return assert.ok(decoded.slot < slots.length && decoded.reason !== '');
    decodedOnce++;
    assert.equal(hex(encode(decoded.insns)), hex(bytes));
  }), { numRuns: 2000 });
  assert.ok(decodedOnce > 100);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), bytes => { decode(bytes); }), { numRuns: 2000 });
});

test('disassemble, then assemble', () => {
  fc.assert(fc.property(program, insns => {
    const assembled = assemble(disassemble(insns));
    assert.ok(assembled.ok, inspect(assembled));
    assert.deepEqual(assembled.insns, insns);
  }));
});

test('assemble, then disassemble, settles after one round', () => {
  const statement = fc.oneof(arbitraryInsn.map(text), fc.constantFrom('here:', 'ja here', 'jeq %r1, %r2, here', 'call local here', 'lddw %r1, func(here)', 'ja exit(to)', 'call local joint(mirror)', 'lddw %r1, map(m)', 'mov32 %r2, const(element)'));
  fc.assert(fc.property(fc.uniqueArray(statement, { maxLength: 12, selector: s => s === 'here:' ? 'here' : Symbol() }), statements => {
    const first = assemble(`${statements.includes('here:') ? '' : 'here:\n'}${statements.join('\n')}`);
    assert.ok(first.ok, inspect(first));
    const shown = disassemble(first.insns, { relocations: first.relocations });
    const second = assemble(shown);
    assert.ok(second.ok, inspect(second));
    assert.deepEqual({ ...second, lines: [] }, { ...first, lines: [] });
    assert.equal(disassemble(second.insns, { relocations: second.relocations }), shown);
  }));
});

test('text of any kind assembles or is refused with places inside it', () => {
  const word = fc.oneof(fc.constantFrom(...INSTRUCTIONS.flatMap(([, line]) => line.split(/(?<=\s)/)), ',', ':', '\n', '#', '[', 'lock ', 'const(', ')', '0x', '-'), fc.string({ maxLength: 4 }));
  fc.assert(fc.property(fc.array(word, { maxLength: 12 }).map(words => words.join('')), source => {
    const result = assemble(source);
    if (result.ok) return;
    const lines = source.split('\n');
    for (const error of result.errors) {
      assert.ok(error.line >= 1 && error.line <= lines.length);
      assert.ok(error.column >= 1 && error.column <= lines[error.line - 1]!.length + 1, JSON.stringify({ source, error }));
    }
  }), { numRuns: 2000 });
});

test('wide loads take two slots', () => {
  assert.deepEqual(slotStarts([{ kind: 'exit' }, { kind: 'wide', dst: 1, value: 0n }, { kind: 'exit' }]), [0, 1, 3, 4]);
  fc.assert(fc.property(program, insns => assert.equal(encode(insns).length, 8 * insns.reduce((sum, insn) => sum + slots(insn), 0))));
});

test('a value that does not fit its field is a bug of the caller', () => {
  assert.throws(() => encode([{ kind: 'ja', reach: 16, offset: 40000 }]), RangeError);
  assert.throws(() => encode([{ kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 2 ** 31 }]), RangeError);
});

test('each field of each instruction: another value is another instruction, or an error', () => {
  for (const [insn, line, bytes] of INSTRUCTIONS) {
    const original = Buffer.from(bytes, 'hex');
    for (let at = 0; at < original.length; at++) {
      for (const flip of [1, 2, 4, 8, 16, 32, 64, 128, 255]) {
        const changed = Uint8Array.from(original);
        changed[at]! ^= flip;
        const decoded = decode(changed);
        if (!decoded.ok) continue;
        assert.notDeepEqual(decoded.insns, [insn], line);
        assert.equal(hex(encode(decoded.insns)), hex(changed), line);
        const back = assemble(disassemble(decoded.insns));
        assert.ok(back.ok, `${line} ${hex(changed)}`);
        assert.deepEqual(back.insns, decoded.insns);
      }
    }
  }
});

test('bytes inside a larger buffer', () => {
  const buffer = Uint8Array.from([1, 2, 3, ...encode([{ kind: 'exit' }]), 9]);
  assert.deepEqual(decode(buffer.subarray(3, 11)), { ok: true, insns: [{ kind: 'exit' }] });
  assert.deepEqual(decode(new Uint8Array(7)), { ok: false, slot: 0, reason: '7 bytes are no whole number of 8-byte slots' });
  assert.deepEqual(decode(Uint8Array.of(0x18, 0, 0, 0, 0, 0, 0, 0)), { ok: false, slot: 0, reason: 'a wide load has a second slot' });
});
