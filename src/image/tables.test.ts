// Keys in their order, types in few letters, and what may be set of which map.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MapDecl } from './image.ts';
import { struct, type Layout } from './layout.ts';
import { decodeTableEntry, encodeChange, orderOf, typeText } from './tables.ts';

const int = (bits: 8 | 16 | 32 | 64, order: 'little' | 'big' = 'little'): Layout => ({ kind: 'int', bits, signed: false, order });
const ip4: Layout = { kind: 'int', bits: 32, signed: false, order: 'big', text: 'ip4' };
const map = (key: Layout, keyBytes: number, kind: MapDecl['kind'] = 'hash', value: Layout = int(8), valueBytes = 1): MapDecl =>
  ({ name: 'm', exported: true, kind, scope: 'element', capacity: 4, key, keyBytes, keyOffset: 0, value, valueBytes, valueOffset: 0 });

test('keys are sorted as numbers are, whatever order their bytes have', () => {
  const pair = struct('Pair', [{ name: 'port', layout: int(16) }, { name: 'host', layout: ip4 }]);
  const decl = map(pair, pair.bytes);
  const keyOf = (port: number, host: number): Uint8Array => {
    const changed = encodeChange(decl, 1, { delete: [{ port, host: [24, 16, 8, 0].map(shift => host >>> shift & 255).join('.') }] });
    assert.ok(changed.ok);
    return changed.delete[0]!;
  };
  const number = fc.tuple(fc.nat(65_535), fc.nat(0xffff_ffff));
  fc.assert(fc.property(number, number, ([p, h], [q, i]) => {
    const [a, b] = [orderOf(decl, keyOf(p, h)), orderOf(decl, keyOf(q, i))];
    assert.equal(a < b, p < q || p === q && h < i);
  }));
});

test('values of per-CPU maps are added up where they are numbers', () => {
  const hits = struct('Hits', [{ name: 'packets', layout: int(64) }, { name: 'kinds', layout: { kind: 'array', element: int(32), length: 2 } }]);
  const cpu = (packets: bigint, a: number, b: number): Uint8Array => { const bytes = new Uint8Array(16); const view = new DataView(bytes.buffer); view.setBigUint64(0, packets, true); view.setUint32(8, a, true); view.setUint32(12, b, true); return bytes; };
  const two = Uint8Array.from([...cpu(5n, 1, 2), ...cpu(1n << 40n, 10, 20)]);
  assert.deepEqual(decodeTableEntry(map(int(32), 4, 'percpu-array', hits, 16), [new Uint8Array(4), two]), { key: 0, value: { packets: 5n + (1n << 40n), kinds: [11, 22] } });
  assert.deepEqual(decodeTableEntry(map(int(32), 4, 'percpu-hash', { kind: 'bool' }, 1), [new Uint8Array(4), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]), { key: 0, value: [true, false] });
});

test('types are told in few letters', () => {
  const all = struct('All', [{ name: 'a', layout: { ...int(16), signed: true } as Layout }, { name: 'b', layout: ip4 }, { name: 'c', layout: { kind: 'mac' } }, { name: 'd', layout: { kind: 'bytes', length: 3 } }, { name: 'e', layout: { kind: 'array', element: { kind: 'bool' }, length: 2 } }]);
  assert.equal(typeText(all), '{a: i16, b: ip4, c: mac, d: bytes[3], e: bool[2]}');
});
