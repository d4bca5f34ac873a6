// The codec by properties: what is written is read back, and no bytes make it throw. Needs no kernel.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { addressRequest, decodeAddress } from './address.ts';
import { ipBytes, ipText, macBytes, macText, prefixBytes } from './address-text.ts';
import { attribute, decodeAttributes, encodeAttributes, readText, readU32 } from './attributes.ts';
import { decodeLink, kindAttribute, linkAttributes, linkBody } from './link.ts';
import { decodeAcknowledgement, decodeMessages, encodeRequest } from './messages.ts';
import { decodeNeighbour, neighbourRequest } from './neighbour.ts';
import { decodeRoute, routeRequest } from './route.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

test('attributes come back by type', () => {
  fc.assert(fc.property(fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 })), { selector: ([type]) => type }), list => {
    const decoded = decodeAttributes(encodeAttributes(list.map(([type, value]) => attribute.bytes(type, value))));
    assert.deepEqual([...decoded].map(([type, value]) => [type, Array.from(value)]), list.map(([type, value]) => [type, Array.from(value)]));
  }));
  assert.equal(readU32(decodeAttributes(encodeAttributes([attribute.u32(1, 0xffff_fffe)])).get(1)), 0xffff_fffe);
  assert.equal(readText(decodeAttributes(encodeAttributes([attribute.text(3, 'eth0')])).get(3)), 'eth0');
});

test('messages of one datagram come back in order', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 16, max: 100 }), fc.uint8Array({ maxLength: 5 }).map(b => new Uint8Array(b.length * 4)))), list => {
    const datagram = Buffer.concat(list.map(([type, body], i) => encodeRequest({ type, flags: 4, body }, i)));
    assert.deepEqual(decodeMessages(datagram).map(m => [m.type, m.sequence, m.payload.byteLength]), list.map(([type, body], i) => [type, i, body.byteLength]));
  }));
});

test('no bytes make a decoder throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), random => {
    for (const message of decodeMessages(random)) decodeAcknowledgement(message);
    decodeAcknowledgement({ type: 2, flags: 0x300, sequence: 0, payload: random });
    decodeAcknowledgement({ type: 2, flags: 0x200, sequence: 0, payload: random });
    decodeAttributes(random);
    decodeLink(random);
    decodeAddress(random);
    decodeRoute(random);
    decodeNeighbour(random);
  }));
});

test('addresses: text to bytes and back', () => {
  fc.assert(fc.property(bytes(4), ip => assert.deepEqual(Array.from(ipBytes(ipText(ip)) ?? []), Array.from(ip))));
  fc.assert(fc.property(bytes(6), mac => assert.deepEqual(Array.from(macBytes(macText(mac)) ?? []), Array.from(mac))));
  fc.assert(fc.property(fc.array(fc.constantFrom(0, 0, 1, 0xab), { minLength: 16, maxLength: 16 }), list => {
    const text = ipText(Uint8Array.from(list));
    assert.ok(isIPv6(text), text);
    assert.deepEqual(Array.from(ipBytes(text) ?? []), list);
  }));
  // RFC 5952: the longest run, the first of equals, no run of one.
  assert.equal(ipText(ipBytes('2001:db8:0:0:1:0:0:1') as Uint8Array), '2001:db8::1:0:0:1');
  assert.equal(ipText(ipBytes('2001:db8:0:1:1:1:1:1') as Uint8Array), '2001:db8:0:1:1:1:1:1');
  assert.equal(ipText(new Uint8Array(16)), '::');
  assert.equal(ipText(ipBytes('::ffff:10.0.0.1') as Uint8Array), '::ffff:a00:1');
});

test('text that is no address is undefined', () => {
  for (const text of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', ':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'g::', '1.2.3.4::', '1:2:3:4:5:6:7::8', '12345::']) assert.equal(ipBytes(text), undefined, text);
  fc.assert(fc.property(fc.string(), text => { if (text.includes(':') && ipBytes(text)) assert.ok(isIPv6(text)); }));
  for (const text of ['10.0.0.1/33', '10.0.0.1/', '10.0.0.1/1/1', '::/129', '10.0.0.1/-1']) assert.equal(prefixBytes(text), undefined, text);
  assert.equal(macBytes('1:2:3:4:5'), undefined);
});

test('what is asked for is what the kernel would tell', () => {
  const link = { name: 'eth0', mac: new Uint8Array([2, 0, 0, 0, 0, 1]), mtu: 1450, alias: 'uid-1', master: 4, state: 'up' } as const;
  const payload = Buffer.concat([linkBody(7, link), encodeAttributes([...linkAttributes(link), kindAttribute('veth')])]);
  const decoded = decodeLink(payload);
  assert.deepEqual({ ...decoded }, {
    index: 7, name: 'eth0', mac: '02:00:00:00:00:01', mtu: 1450, alias: 'uid-1', master: 4, kind: 'veth', isEthernet: false, up: true, promiscuous: false, running: false,
    rxPackets: 0n, rxBytes: 0n, rxDropped: 0n, txPackets: 0n, txBytes: 0n, txDropped: 0n,
  });
  const payloadOf = (request: { body: Uint8Array; attributes?: readonly { type: number; value: Uint8Array }[] }) => Buffer.concat([request.body, encodeAttributes(request.attributes ?? [])]);
  assert.equal(decodeAddress(payloadOf(addressRequest('add', 3, prefixBytes('fd00::1/64')!)))?.prefix, 'fd00::1/64');
  assert.deepEqual(decodeRoute(payloadOf(routeRequest('add', { destination: prefixBytes('10.1.2.3/23')!, via: ipBytes('10.0.0.1')!, index: 9 }))), { destination: '10.1.2.0/23', via: '10.0.0.1', index: 9 });
  assert.equal(decodeRoute(payloadOf(routeRequest('add', { destination: prefixBytes('::/0')!, index: 9 })))?.destination, '::/0');
  assert.deepEqual(decodeNeighbour(payloadOf(neighbourRequest('add', { index: 3, ip: ipBytes('10.0.0.9')!, mac: macBytes('2:0:0:0:0:9')! }))), { index: 3, ip: '10.0.0.9', mac: '02:00:00:00:00:09', permanent: true });
});
