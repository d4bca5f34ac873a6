// Reading objects: what is refused, by name and place; hostile bytes; fields relocated to another kernel's types; and writing what no
// module has yet: static functions. Objects that run are test/elf.test.ts.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { disassemble } from '../../isa/disassemble.ts';
import { decode } from '../../isa/decode.ts';
import type { BtfType } from '../btf-types.ts';
import { at, INNER, TARGET, targetBtf, U32 } from './fixtures/relocated-target.ts';
import { WITH_FUNCTIONS } from './fixtures/with-functions.ts';
import { fieldPlace } from './core-value.ts';
import { SECTION_TYPE } from './format.ts';
import { checked } from './problem.ts';
import { readObject } from './read-object.ts';
import { elfOf } from './write-object.ts';
import { writeElf } from './write-elf.ts';

const folder = new URL('../../../test/fixtures/elf/', import.meta.url);
// A copy: Node's own buffers share memory with their slices.
const object = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(new URL(name, folder)));
const OBJECTS = readdirSync(folder).filter(name => name.endsWith('.o')).map(object);
const problemOf = (bytes: Uint8Array, targetBtf?: Uint8Array): string => {
  const read = readObject(bytes, targetBtf ? { targetBtf: () => targetBtf } : {});
  return read.ok ? 'none' : `${read.problem.place}: ${read.problem.message}`;
};

const REFUSED: readonly (readonly [name: string, problem: RegExp])[] = [
  ['kconfig', /^section tc, function configured, slot 0: CONFIG_HZ is not in this object: variables of kconfig/],
  ['kfunc', /^section xdp, function hashed, slot \d+: the function bpf_xdp_metadata_rx_hash is not in this object/],
  ['section', /^section kprobe\/tcp_connect: programs of this kind are not loaded/],
  ['field', /^map counts: its field map_extra is not known/],
  ['empty', /^object: there is no program in it/],
  ['addresses', /^section \.data: has addresses in it/],
];

for (const [name, problem] of REFUSED) test(`refused by name: ${name}.c`, () => { assert.match(problemOf(object(`refused/${name}.o`)), problem); });

test('a section of any name runs where the caller says', () => {
  const read = readObject(object('refused/section.o'), { sections: { 'kprobe/tcp_connect': 'tc' } });
  assert.ok(read.ok && read.value.programs[0]?.hook === 'tc');
});

test('what is no object', () => {
  assert.equal(problemOf(new Uint8Array(0)), 'header: this is not an ELF file');
  assert.match(problemOf(new TextEncoder().encode(`${'#!/bin/sh\n'.repeat(10)}`)), /not an ELF file/);
  const big = object('swap.o').slice();
  big[5] = 2;
  assert.match(problemOf(big), /^header: only 64-bit little-endian/);
  const x86 = object('swap.o').slice();
  x86[18] = 62;
  assert.match(problemOf(x86), /^header: this is not a relocatable object for BPF/);
});

test('sections that overlap', () => {
  const bytes = object('counter.o').slice();
  const view = new DataView(bytes.buffer);
  const table = Number(view.getBigUint64(40, true));
  const names: number[] = [];
  for (let i = 1; i < view.getUint16(60, true); i++) if (view.getUint32(table + 64 * i + 4, true) === SECTION_TYPE.progbits && view.getBigUint64(table + 64 * i + 32, true) > 8n) names.push(i);
  view.setBigUint64(table + 64 * names[1]! + 24, view.getBigUint64(table + 64 * names[0]! + 24, true) + 4n, true);
  assert.match(problemOf(bytes), /overlaps/);
});

test('the bytes that are read stay as they are', () => {
  const bytes = readFileSync(new URL('relocated.o', folder));
  assert.ok(readObject(bytes, { targetBtf: () => targetBtf(TARGET) }).ok);
  assert.deepEqual(new Uint8Array(bytes), object('relocated.o'));
});

test('an object that is cut off anywhere is an error with a place', () => {
  for (const bytes of OBJECTS) for (let length = 0; length < bytes.length; length += 97) assert.match(problemOf(bytes.subarray(0, length)), /^.+: .+/);
});

test('hostile bytes give an error or an object, never more', () => {
  const runs = Number(process.env['IOV_FUZZ_RUNS'] ?? 400);
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })) });
  fc.assert(fc.property(fc.constantFrom(...OBJECTS), fc.array(edit, { minLength: 1, maxLength: 12 }), (original, edits) => {
    const bytes = original.slice();
    for (const { at, value } of edits) bytes[Math.floor(at * bytes.length)] = value;
    readObject(bytes, { targetBtf: () => targetBtf(TARGET) });
  }), { numRuns: runs });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), tail => { readObject(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 247, 0, ...tail)); }), { numRuns: runs });
});

test('fields are relocated to another kernel\'s types', () => {
  const read = readObject(object('relocated.o'), { targetBtf: () => targetBtf(TARGET) });
  assert.ok(read.ok, read.ok ? '' : `${read.problem.place}: ${read.problem.message}`);
  const decoded = decode(read.value.programs[0]!.code);
  assert.ok(decoded.ok);
  const text = disassemble(decoded.insns);
  // Offset of inner.b and of flags: 12 and 16; the access of flags is as wide as the field now.
  assert.match(text, /ldxw %r\d, \[%r\d\+12\]/);
  assert.match(text, /ldxw %r\d, \[%r\d\+16\]/);
});

test('a kernel without the type makes calls of no function of what asks for its fields', () => {
  const read = readObject(object('relocated.o'), { targetBtf: () => targetBtf(TARGET.slice(0, 2)) });
  assert.ok(read.ok);
  const decoded = decode(read.value.programs[0]!.code);
  assert.ok(decoded.ok && decoded.insns.some(i => i.kind === 'call' && i.id === 0xbad2310));
});

test('a bit field of nothing has no place', () => {
  const none: readonly BtfType[] = [{ kind: 'struct', name: 'none', bytes: 0, members: [] }];
  assert.ok(!checked(() => fieldPlace(none, { path: [], type: 1, bitOffset: 5, bitSize: 3 }, 'here')).ok);
});

test('what cannot be relocated says where', () => {
  assert.match(problemOf(object('relocated.o')), /^\.BTF\.ext: fields are to be relocated, and no BTF of a kernel is given/);
  assert.match(problemOf(object('relocated.o'), Uint8Array.of(1, 2, 3)), /^the BTF of the kernel: is not BTF/);
  const two = [...TARGET, { ...TARGET[4], members: [at('id', U32, 0), at('inner', INNER, 8)] } as BtfType];
  assert.match(problemOf(object('relocated.o'), targetBtf(two)), /^section tc, slot \d+: types of the kernel that go by one name differ/);
  const far = TARGET.map(t => t.kind === 'struct' && t.name === 'record' ? { ...t, members: t.members.map(m => m.name === 'inner' ? { ...m, bitOffset: 8 * 40_000 } : m) } : t);
  assert.match(problemOf(object('relocated.o'), targetBtf(far)), /farther than a load reaches/);
});

test('static functions go to .text and come back', () => {
  const written = elfOf({ programs: WITH_FUNCTIONS, maps: [] });
  assert.ok(written.ok);
  const read = readObject(written.value);
  assert.ok(read.ok, read.ok ? '' : `${read.problem.place}: ${read.problem.message}`);
  assert.deepEqual(read.value.programs.map(p => [p.name, Buffer.from(p.code).toString('hex')]), WITH_FUNCTIONS.map(p => [p.name, Buffer.from(p.code).toString('hex')]));
  assert.deepEqual(read.value.programs[0]!.functions, [{ slot: 5, name: 'first.twice' }, { slot: 8, name: 'first.three' }]);
});

test('what an object cannot say is refused', () => {
  const written = elfOf({ programs: [...WITH_FUNCTIONS, WITH_FUNCTIONS[0]!], maps: [] });
  assert.ok(!written.ok && /go by one name/.test(written.problem.message));
});

test('an empty object has no program', () => {
  assert.match(problemOf(writeElf([], [])), /there is no program in it/);
});
