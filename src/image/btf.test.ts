// BTF, both ways, and what the BTF of an image says. The kernel's own opinion is asked in src/kernel/btf.test.ts.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { makeBtf, btfOf, type Btf } from './btf.ts';
import { readBtf } from './btf-read.ts';
import { writeBtf } from './btf-write.ts';
import type { BtfType } from './btf-types.ts';
import { arbitraryImage, declare } from './fixtures/arbitrary.ts';
import { struct } from './layout.ts';

const ONE_OF_EACH: readonly BtfType[] = [
  { kind: 'int', name: 'i32', bytes: 4, bits: 32, encoding: 'signed' },
  { kind: 'ptr', type: 1 }, { kind: 'const', type: 2 }, { kind: 'volatile', type: 3 }, { kind: 'restrict', type: 2 },
  { kind: 'typedef', name: 'word', type: 1 }, { kind: 'type-tag', name: 'user', type: 1 },
  { kind: 'array', element: 1, index: 1, length: 6 },
  { kind: 'struct', name: 'a', bytes: 8, members: [{ name: 'x', type: 1, bitOffset: 0, bitSize: 0 }, { name: '', type: 1, bitOffset: 32, bitSize: 0 }] },
  { kind: 'struct', name: 'fields', bytes: 4, members: [{ name: 'x', type: 1, bitOffset: 0, bitSize: 3 }, { name: 'y', type: 1, bitOffset: 3, bitSize: 29 }] },
  { kind: 'union', name: 'u', bytes: 4, members: [] },
  { kind: 'enum', name: 'e', bytes: 4, signed: true, values: [{ name: 'A', value: -1n }] },
  { kind: 'enum64', name: 'f', bytes: 8, signed: false, values: [{ name: 'B', value: 0xffff_ffff_0000_0001n }] },
  { kind: 'fwd', name: 'later', of: 'union' },
  { kind: 'func-proto', returns: 1, params: [{ name: 'ctx', type: 2 }] },
  { kind: 'func', name: 'main', type: 15, linkage: 'global' },
  { kind: 'var', name: 'v', type: 1, linkage: 'static' },
  { kind: 'datasec', name: '.data', bytes: 4, variables: [{ type: 17, offset: 0, bytes: 4 }] },
  { kind: 'float', name: 'double', bytes: 8 },
  { kind: 'decl-tag', name: 'tag', type: 9, component: -1 },
];

function read(btf: Uint8Array): Extract<ReturnType<typeof readBtf>, { ok: true }> {
  const result = readBtf(btf);
  assert.ok(result.ok, result.ok ? '' : result.reason);
  return result;
}

/** Bytes of a type, as the kernel computes them. */
function bytesOf(types: readonly BtfType[], id: number): number {
  const type = types[id - 1]!;
  switch (type.kind) {
    case 'int': case 'struct': case 'union': return type.bytes;
    case 'typedef': return bytesOf(types, type.type);
    case 'array': return type.length * bytesOf(types, type.element);
    default: return assert.fail(type.kind);
  }
}

const wordsOf = (bytes: Uint8Array): number[] => Array.from({ length: bytes.length / 4 }, (_, i) => new DataView(bytes.buffer).getUint32(4 * i, true));

function lines(btf: Btf): string[] {
  const { stringAt } = read(btf.bytes);
  const all = wordsOf(btf.programs[0]!.lineInfo);
  return Array.from({ length: all.length / 4 }, (_, i) => {
    const [slot, file, text, at] = all.slice(4 * i, 4 * i + 4) as [number, number, number, number];
    return `${slot} ${stringAt(file)}:${at >> 10}:${at & 1023} ${stringAt(text)}`;
  });
}

test('every kind, written and read', () => {
  assert.deepEqual(read(writeBtf(ONE_OF_EACH).bytes).types, ONE_OF_EACH);
});

test('changed or cut bytes are read or refused, never thrown at', () => {
  const { bytes } = writeBtf(ONE_OF_EACH);
  fc.assert(fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
    const copy = bytes.slice(0, length);
    if (at < length) copy[at] = value;
    const result = readBtf(copy);
    assert.ok(result.ok || result.reason !== '');
  }), { numRuns: 2000 });
});

test('types of keys and values are as long as the map says', () => {
  fc.assert(fc.property(arbitraryImage, image => {
    const btf = btfOf(image);
    const { types } = read(btf.bytes);
    for (const [i, map] of image.maps.entries()) {
      const ids = btf.maps[i];
      assert.equal(ids === undefined, map.kind === 'ring');
      if (!ids) continue;
      assert.equal(bytesOf(types, ids.keyType), map.keyBytes);
      assert.equal(bytesOf(types, ids.valueType), map.valueBytes);
    }
    assert.deepEqual(btfOf(image).bytes, btf.bytes);
  }));
});

test('hidden parts are members', () => {
  const btf = makeBtf({ maps: [declare({ name: 'learned', kind: 'expiring', key: { kind: 'mac' }, value: struct('Place', [{ name: 'port', layout: { kind: 'int', bits: 16, signed: false, order: 'little' } }]) })] });
  const { types } = read(btf.bytes);
  const shape = (id: number): unknown => {
    const type = types[id - 1]!;
    return type.kind === 'struct' ? { name: type.name, bytes: type.bytes, members: type.members.map(m => `${m.name}@${m.bitOffset / 8}`) } : type.kind;
  };
  assert.deepEqual(shape(btf.maps[0]!.keyType), { name: 'learned_key', bytes: 12, members: ['element@0', 'key@4'] });
  assert.deepEqual(shape(btf.maps[0]!.valueType), { name: 'learned_value', bytes: 16, members: ['expires@0', 'value@8'] });
});

test('functions and lines by slot; a line where each function begins', () => {
  const entry = { file: 0, column: 3 };
  const btf = makeBtf({
    programs: [{
      name: 'main-1', hook: 'tc', files: ['bridge.ts'],
      lines: [{ ...entry, slot: 4, line: 8, text: 'return flood();' }, { ...entry, slot: 1, line: 7, column: 2000, text: 'const eth = pkt.at(Eth);' }],
      functions: [{ slot: 9, name: 'forward' }],
    }],
  });
  const { types } = read(btf.bytes);
  const functions = wordsOf(btf.programs[0]!.funcInfo);
  assert.deepEqual([functions[0], functions[2]], [0, 9]);
  assert.deepEqual([types[functions[1]! - 1], types[functions[3]! - 1]].map(t => t?.kind === 'func' && `${t.linkage} ${t.name}`), ['global main_1', 'static forward']);
  assert.deepEqual(lines(btf), [
    '0 bridge.ts:7:1023 const eth = pkt.at(Eth);',
    '1 bridge.ts:7:1023 const eth = pkt.at(Eth);',
    '4 bridge.ts:8:3 return flood();',
    '9 bridge.ts:8:3 return flood();',
  ]);
});
