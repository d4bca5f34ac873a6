// Frames by hand (addresses and checksums worked out outside), and properties of every frame that can be described.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { arp, bytes, cut, data, destination, dhcp, dns, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, neighbor, routing, tcp, udp, vlan } from '../packets.ts';
import { FrameError, ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text, macBytes, macText } from './address.ts';
import { build } from './build.ts';
import { internetChecksum, pseudoHeader } from './checksum.ts';
import { describe, differenceOf } from './describe.ts';

const web = '02:00:00:00:00:01';
const db = '02:00:00:00:00:02';
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('an ARP request, byte for byte', () => {
  assert.equal(
    hex(build([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: web }), arp({ op: 'request', senderMac: web, senderIp: '10.1.1.1', targetIp: '10.1.1.2' })])),
    'ffffffffffff0200000000010806' + '0001080006040001' + '0200000000010a010101' + '0000000000000a010102',
  );
});

test('the header checksum of the IPv4 example of RFC 1071 readers', () => {
  const frame = build([ipv4({ src: '192.168.0.1', dst: '192.168.0.199', frag: 0x4000, ttl: 64 }), udp({ srcPort: 1, dstPort: 2 }), data(87)]);
  assert.equal(hex(frame.subarray(0, 20)), '450000730000400040' + '11' + 'b861' + 'c0a80001' + 'c0a800c7');
});

test('a neighbour solicitation is 86 bytes and its checksum holds', () => {
  const frame = build([
    eth({ dst: '33:33:ff:00:00:02', src: web }), ipv6({ src: 'fd00::1', dst: 'ff02::1:ff00:2', hopLimit: 255 }),
    icmpv6({ type: 135 }), neighbor({ target: 'fd00::2', option: 1, mac: web }),
  ]);
  assert.equal(frame.length, 86);
  assert.equal(internetChecksum(pseudoHeader(frame.subarray(22, 38), frame.subarray(38, 54), 58, 32), frame.subarray(54)), 0);
  assert.deepEqual(describe(frame).map(line => line.split(' ')[0]), ['eth', 'ipv6', 'icmpv6', 'neighbor']);
});

test('every transport checksum holds, behind IPv4 and IPv6, tagged or not', () => {
  const port = fc.integer({ min: 0, max: 65535 });
  fc.assert(fc.property(fc.boolean(), fc.boolean(), port, port, fc.string(), fc.constantFrom('tcp', 'udp', 'icmp'), (six, tagged, srcPort, dstPort, content, kind) => {
    const ip = six ? ipv6({ src: 'fd00::1', dst: 'fd00::2' }) : ipv4({ src: '10.0.0.1', dst: '10.0.0.2' });
    const l4 = kind === 'tcp' ? tcp({ srcPort, dstPort, flags: 'SA' }) : kind === 'udp' ? udp({ srcPort, dstPort }) : six ? icmpv6({ type: 128 }) : icmp({ type: 8 });
    const frame = build([eth({ dst: db, src: web }), ...(tagged ? [vlan({ id: 5 })] : []), ip, l4, data(content)]);
    const at = 14 + (tagged ? 4 : 0);
    const behind = frame.subarray(at + (six ? 40 : 20));
    const [src, dst] = six ? [frame.subarray(at + 8, at + 24), frame.subarray(at + 24, at + 40)] : [frame.subarray(at + 12, at + 16), frame.subarray(at + 16, at + 20)];
    const protocol = frame[at + (six ? 6 : 9)] ?? 0;
    const covers = kind === 'icmp' && !six ? [behind] : [pseudoHeader(src, dst, protocol, behind.length), behind];
    assert.equal(internetChecksum(...covers), 0);
    if (!six) assert.equal(internetChecksum(frame.subarray(at, at + 20)), 0);
  }));
});

test('extension headers stand between IPv6 and its transport, and are not in its checksum', () => {
  const ip = ipv6({ src: 'fd00::1', dst: 'fd00::2' });
  const chain = build([ip, hopByHop(), routing({ words: 1 }), fragment({ id: 0x0102_0304, offset: 8, more: true }), destination(), udp({ srcPort: 1, dstPort: 2 }), data('x')]);
  assert.equal(hex(chain.subarray(40, 80)), '2b00' + '010400000000' + '2c01' + '00'.repeat(14) + '3c00' + '0009' + '01020304' + '1100' + '010400000000');
  assert.deepEqual(chain.subarray(80), build([ip, udp({ srcPort: 1, dstPort: 2 }), data('x')]).subarray(40));
});

test('an error quotes what it is cut to, options are part of the header', () => {
  const quoted = [ipv4({ src: '10.0.0.1', dst: '10.0.0.2', options: '94040000' }), udp({ srcPort: 1, dstPort: 2 }), data('long')];
  const error = build([ipv4({ src: '10.0.0.3', dst: '10.0.0.1' }), icmp({ type: 3 }), cut(32), ...quoted]);
  assert.deepEqual(error.subarray(28), build(quoted).subarray(0, 32));
  assert.equal(internetChecksum(error.subarray(20)), 0);
  assert.equal(internetChecksum(error.subarray(28, 52)), 0);
});

test('DHCP has 240 bytes with its cookie, DNS a question', () => {
  const request = build([dhcp({ op: 1, xid: 7, chaddr: web, ciaddr: '10.0.0.1' })]);
  assert.equal(hex(request.subarray(0, 34)), '01010600' + '00000007' + '00000000' + '0a000001' + '00'.repeat(12) + '020000000001');
  assert.equal(hex(request.subarray(236)), '63825363');
  assert.equal(hex(build([dns({ id: 1, name: 'a.bc' })])), '0001' + '0100' + '0001' + '000000000000' + '016102626300' + '00010001');
});

test('addresses go both ways', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
    assert.deepEqual(ipv6Bytes(ipv6Text(bytes)), bytes);
    assert.deepEqual(ipv4Bytes(ipv4Text(bytes.subarray(0, 4))), bytes.slice(0, 4));
    assert.deepEqual(macBytes(macText(bytes.subarray(0, 6))), bytes.slice(0, 6));
  }));
  fc.assert(fc.property(fc.ipV6(), text => { ipv6Bytes(text); }));
  assert.equal(ipv6Text(ipv6Bytes('0:0:1::')), '0:0:1::');
  assert.equal(ipv6Text(ipv6Bytes('::')), '::');
  for (const bad of ['10.0.0', '10.0.0.256', '', 'a.b.c.d']) assert.throws(() => ipv4Bytes(bad), FrameError);
  for (const bad of [':', '1:2:3', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::']) assert.throws(() => ipv6Bytes(bad), FrameError);
});

test('bytes as they are', () => {
  assert.equal(hex(build([bytes('00 ff10'), data('A')])), '00ff1041');
  assert.throws(() => build([bytes('0')]), FrameError);
});

test('a difference names the layer and the byte', () => {
  const a = build([eth({ dst: db, src: web }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 9 })]);
  const b = build([eth({ dst: db, src: web }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 8 })]);
  assert.equal(differenceOf(a, a), undefined);
  assert.match(differenceOf(a, b) ?? '', /^ {2}eth .*\n- ipv4 .* ttl 9 .*\n\+ ipv4 .* ttl 8 .*\n {2}byte 22: 0x09 was to be, 0x08 came; lengths 34 and 34$/);
});

test('any bytes can be described', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), bytes => { describe(bytes); }));
});
