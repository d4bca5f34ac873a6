// pcapng against bytes by hand from the format's description, and what is written against what is read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Capture } from './format.ts';
import { readPcapng } from './read.ts';
import { writePcapng } from './write.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.replace(/\s|#.*$/gm, '').match(/../g)?.map(byte => parseInt(byte, 16)) ?? []);

const CAPTURE: Capture = {
  interfaces: [{ name: 's1', linkType: 1 }],
  packets: [{ interface: 0, timeNs: 0x1_0000_0002n, frame: Uint8Array.of(1, 2, 3, 4, 5), direction: 'inbound', comments: ['why'] }],
};
const FILE = bytes(`
  0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffff ffffffff   # section, version 1.0, length unknown
  0400 0800 494f2056 69736f72 00000000 2c000000            # application
  01000000 28000000 0100 0000 00000000                     # interface: Ethernet, no limit
  0200 0200 73310000 0900 0100 09000000 00000000 28000000  # its name; nanoseconds
  06000000 3c000000 00000000 01000000 02000000 05000000 05000000
  01020304 05000000 0200 0400 01000000 0100 0300 77687900 00000000 3c000000`);

test('what is written is what the format says, byte for byte', () => {
  assert.equal(Buffer.from(writePcapng(CAPTURE)).toString('hex'), Buffer.from(FILE).toString('hex'));
});

test('what is written is read', () => {
  fc.assert(fc.property(fc.array(fc.record({
    interface: fc.constantFrom(0, 1), timeNs: fc.bigInt(0n, 2n ** 64n - 1n), frame: fc.uint8Array({ maxLength: 70 }),
    direction: fc.constantFrom('inbound' as const, 'outbound' as const), comments: fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 2 }),
  }, { noNullPrototype: true })), packets => {
    const capture: Capture = { interfaces: [{ name: 'a', linkType: 1 }, { name: 'b', description: 'the other', linkType: 101 }], packets };
    assert.deepEqual(readPcapng(writePcapng(capture)), { ok: true, value: capture });
  }), { numRuns: 100 });
});

test('big-endian, microseconds, a cut packet, blocks and options that no one knows, a second section', () => {
  const section = '0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c';
  const file = bytes(`
    ${section}
    00000bad 00000010 12345678 00000010
    00000001 00000020 0001 0000 00000040 7fff 0003 aabbcc00 00000000 00000020
    00000006 00000024 00000000 00000000 000f4240 00000002 00000400 0a0b0000 00000024
    ${section}
    00000001 00000014 0071 0000 00000002 00000014
    00000003 00000014 00000009 01020000 00000014`);
  assert.deepEqual(readPcapng(file), { ok: true, value: {
    interfaces: [{ name: '', linkType: 1 }, { name: '', linkType: 0x71 }],
    packets: [
      { interface: 0, timeNs: 1_000_000_000n, frame: Uint8Array.of(10, 11), wireBytes: 1024 },
      { interface: 1, timeNs: 0n, frame: Uint8Array.of(1, 2), wireBytes: 9 },
    ],
  } });
});

test('what is broken is said, with its place, and any bytes end', () => {
  const said = (file: Uint8Array): string => {
    const read = readPcapng(file);
    return read.ok ? 'read' : `${read.error.at}: ${read.error.message}`;
  };
  assert.equal(said(new Uint8Array(0)), '0: this is no pcapng file');
  assert.match(said(Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1, ...new Array<number>(40).fill(0)])), /pcap file, not pcapng/);
  assert.match(said(FILE.subarray(0, FILE.length - 4)), /^84: a block of 60 bytes, which does not fit/);
  const other = FILE.slice();
  other[92] = 7;
  assert.equal(said(other), '84: a packet of interface 7, which there is not');
  fc.assert(fc.property(fc.nat(FILE.length - 1), fc.nat(255), (at, byte) => {
    const changed = FILE.slice();
    changed[at] = byte;
    readPcapng(changed);
  }), { numRuns: 500 });
});
