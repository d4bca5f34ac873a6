// Plain values by layout, both ways, and what is refused.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { arbitraryLayout, arbitraryValue } from './fixtures/arbitrary.ts';
import { sizeOf, struct, type Layout } from './layout.ts';
import { decodeValue, encodeValue, type Plain } from './values.ts';

const int = (bits: 8 | 16 | 32 | 64 | 128, more: Partial<Layout & { kind: 'int' }> = {}): Layout & { kind: 'int' } => ({ kind: 'int', bits, signed: false, order: 'little', ...more });
const hexOf = (layout: Layout, plain: Plain): string => {
  const result = encodeValue(layout, plain);
  return result.ok ? Buffer.from(result.bytes).toString('hex') : `${result.path}: ${result.message}`;
};

const place = struct('Place', [{ name: 'port', layout: int(16) }, { name: 'since', layout: int(64) }, { name: 'macs', layout: { kind: 'array', element: { kind: 'mac' }, length: 2 } }]);

test('each layout in bytes', () => {
  assert.equal(hexOf(int(16), 0x1234), '3412');
  assert.equal(hexOf(int(16, { order: 'big' }), 0x1234), '1234');
  assert.equal(hexOf(int(32, { signed: true }), -2), 'feffffff');
  assert.equal(hexOf(int(64), '18446744073709551615'), 'ffffffffffffffff');
  assert.equal(hexOf(int(128, { order: 'big' }), 1n << 120n), '01' + '00'.repeat(15));
  assert.equal(hexOf(int(32, { order: 'big', text: 'ip4' }), '10.0.0.1'), '0a000001');
  assert.equal(hexOf(int(32, { text: 'ip4' }), '10.0.0.1'), '0100000a');
  assert.equal(hexOf(int(128, { order: 'big', text: 'ip6' }), '10.0.0.1'), '00000000000000000000ffff0a000001');
  assert.equal(hexOf(int(128, { order: 'big', text: 'ip6' }), 'fd00::1'), 'fd000000000000000000000000000001');
  assert.equal(hexOf(int(128, { order: 'big', text: 'ip6' }), '::ffff:10.0.0.1'), '00000000000000000000ffff0a000001');
  assert.equal(hexOf({ kind: 'mac' }, '02:00:00:00:00:Ab'), '0200000000ab');
  assert.equal(hexOf({ kind: 'bool' }, true), '01');
  assert.equal(hexOf({ kind: 'bytes', length: 3 }, '0a0b0c'), '0a0b0c');
  assert.equal(hexOf(place, { port: 1, since: 2, macs: ['02:00:00:00:00:01', '02:00:00:00:00:02'] }), '0100000000000000' + '0200000000000000' + '020000000001' + '020000000002' + '00000000');
});

test('what does not fit is refused with its place and what is allowed', () => {
  assert.equal(hexOf(int(8), 256), ': 256 is not an integer in 0 … 255');
  assert.equal(hexOf(int(8, { signed: true }), -129), ': -129 is not an integer in -128 … 127');
  assert.equal(hexOf(int(64), 2 ** 53), ': 9007199254740992 is not an integer in 0 … 18446744073709551615');
  assert.equal(hexOf(int(32), 1.5), ': 1.5 is not an integer in 0 … 4294967295');
  assert.equal(hexOf(place, { port: 1, since: 2, macs: ['02:00:00:00:00:01', '02:00'] }), "macs[1]: '02:00' is not a MAC address such as 02:00:00:00:00:01");
  assert.equal(hexOf(place, { port: 1, since: 2 }), 'macs: is missing; Place has port, since, macs');
  assert.equal(hexOf(place, { prot: 1 }), 'prot: there is no such field; Place has port, since, macs');
  assert.equal(hexOf(place, 'x'), ": 'x' is not an object with the fields port, since, macs");
  assert.equal(hexOf({ kind: 'bool' }, 1), ': 1 is not true or false');
  assert.equal(hexOf({ kind: 'bytes', length: 2 }, 'abc'), ": 'abc' is not 2 bytes, as Uint8Array or 4 hexadecimal digits");
  assert.equal(hexOf(int(32, { order: 'big', text: 'ip4' }), '10.0.0.256'), ": '10.0.0.256' is not an IPv4 address such as 10.0.0.1");
  for (const bad of ['', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', 'g::', '12345::', '::1.2.3', '1.2.3.4.5']) {
    assert.match(hexOf(int(128, { order: 'big', text: 'ip6' }), bad), /is not an address/, bad);
  }
});

test('defaults stand where a field is not given', () => {
  const defaults = encodeValue(place, { port: 7, since: 300, macs: ['02:00:00:00:00:01', '02:00:00:00:00:02'] });
  assert.ok(defaults.ok);
  const changed = encodeValue(place, { since: 5n }, { defaults: defaults.bytes });
  assert.ok(changed.ok);
  assert.deepEqual(decodeValue(place, changed.bytes), { port: 7, since: 5n, macs: ['02:00:00:00:00:01', '02:00:00:00:00:02'] });
});

test('encode, then decode', () => {
  const layoutAndValue = arbitraryLayout.chain(layout => arbitraryValue(layout).map(value => ({ layout, value })));
  fc.assert(fc.property(layoutAndValue, ({ layout, value }) => {
    const encoded = encodeValue(layout, value);
    assert.ok(encoded.ok, JSON.stringify(encoded));
    assert.equal(encoded.bytes.length, sizeOf(layout));
    assert.deepEqual(decodeValue(layout, encoded.bytes), value);
  }));
});

test('any plain value is encoded or refused, never thrown at', () => {
  const plain = fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true }) as fc.Arbitrary<Plain>;
  fc.assert(fc.property(arbitraryLayout, plain, (layout, value) => {
    const encoded = encodeValue(layout, value);
    assert.ok(encoded.ok || encoded.message !== '');
  }), { numRuns: 1000 });
});
