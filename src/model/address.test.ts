// Addresses: text and numbers are two forms of one thing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contains, formatAddress, formatPrefix, linkLocalOf, networkOf, overlap, parseAddress, parseMac, parsePrefix, stationRange } from './address.ts';

test('every address survives its text', () => {
  fc.assert(fc.property(fc.oneof(fc.record({ family: fc.constant(4 as const), value: fc.bigInt(0n, 2n ** 32n - 1n) }),
    fc.record({ family: fc.constant(6 as const), value: fc.bigInt(0n, 2n ** 128n - 1n) })), a => {
    assert.deepEqual(parseAddress(formatAddress(a)), { ...a });
  }));
});

test('IPv6 text is that of RFC 5952', () => {
  for (const [from, to] of [['2001:DB8:0:0:0:0:0:1', '2001:db8::1'], ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3']] as const) {
    assert.equal(formatAddress(parseAddress(from)!), to);
  }
});

test('what is no address is undefined', () => {
  for (const text of ['', '10.0.0', '10.0.0.256', '010.0.0.1', ':::', '1:2:3:4:5:6:7', '1::2::3', 'g::', '1:2:3:4:5:6:7:8:9', '10.0.0.1/24']) {
    assert.equal(parseAddress(text), undefined, text);
  }
  assert.equal(parsePrefix('10.0.0.0/33'), undefined);
  assert.equal(parseMac('02:00:00:00:00'), undefined);
});

test('overlap is symmetric and is that one contains the other', () => {
  const prefix = fc.record({ family: fc.constant(4 as const), value: fc.bigInt(0n, 2n ** 32n - 1n), bits: fc.integer({ min: 0, max: 32 }) }).map(networkOf);
  fc.assert(fc.property(prefix, prefix, (a, b) => {
    assert.equal(overlap(a, b), overlap(b, a));
    assert.equal(overlap(a, b), contains(a, b) || contains(b, a));
    assert.deepEqual(parsePrefix(formatPrefix(a)), { ...a });
  }));
});

test('stations have neither the network nor the broadcast address', () => {
  const range = (text: string): unknown => { const r = stationRange(parsePrefix(text)!)!; return [r.first, r.last].map(value => formatAddress({ family: text.includes(':') ? 6 : 4, value })); };
  assert.deepEqual(range('10.0.0.0/24'), ['10.0.0.1', '10.0.0.254']);
  assert.deepEqual(range('10.0.0.4/31'), ['10.0.0.4', '10.0.0.5']);
  assert.deepEqual(range('10.0.0.4/32'), ['10.0.0.4', '10.0.0.4']);
  assert.deepEqual(range('fd00::/126'), ['fd00::1', 'fd00::3']);
});

test('a link-local address is as every address is written', () => {
  const byte = fc.oneof(fc.constantFrom(0, 2), fc.nat(255));
  fc.assert(fc.property(fc.tuple(byte, byte, byte, byte, byte, byte), bytes => {
    const [a, b, c, d, e, f] = bytes;
    const value = [a ^ 2, b, c, 0xff, 0xfe, d, e, f].reduce((all, one) => all << 8n | BigInt(one), 0xfe80n << 48n);
    assert.equal(linkLocalOf(bytes.map(one => one.toString(16).padStart(2, '0')).join(':')), formatAddress({ family: 6, value }));
  }));
});
