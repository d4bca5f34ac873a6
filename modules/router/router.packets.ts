import { arp, bytes, cases, cut, data, destination, dropped, eth, fragment, icmp, icmpv6, ipv4, ipv6, replied, send, tcp, to, udp, type Frame } from 'iovisor/packets';
import type * as router from './router.ts';

const us = ['02:00:00:00:00:f0', '02:00:00:00:00:f1', '02:00:00:00:00:f2'] as const;
const web = '02:00:00:00:00:01';
const db = '02:00:00:00:00:02';
const up = '02:00:00:00:00:03';
const up2 = '02:00:00:00:00:04';

/** Port 0 is 10.0.0.0/24, port 1 is 10.0.1.0/24 with an MTU of 1400, port 2 leads outside, by one of two for 192.0.2.0/24. */
const own = { mac: '00:00:00:00:00:00', port: 0xfffe };
const given = {
  interfaces: [
    { mac: us[0], ip4: '10.0.0.1', ip6: 'fd00::1', mtu: 1500 },
    { mac: us[1], ip4: '10.0.1.1', ip6: 'fd00:0:0:1::1', mtu: 1400 },
    { mac: us[2], ip4: '203.0.113.2', ip6: 'fd00:0:0:2::1', mtu: 1500 },
  ],
  neighbors: [['10.0.0.7', { mac: web, port: 0 }], ['10.0.1.7', { mac: db, port: 1 }], ['fd00::7', { mac: web, port: 0 }], ['fd00:0:0:1::7', { mac: db, port: 1 }], ...['10.0.0.1', '10.0.1.1', '203.0.113.2', 'fd00::1', 'fd00:0:0:1::1', 'fd00:0:0:2::1'].map(address => [address, own] as const)],
  hops: [{ mac: up, port: 2 }, { mac: up, port: 2 }, { mac: up2, port: 2 }, { mac: up, port: 70 }],
  routes: [['0.0.0.0/0', { first: 0, count: 1 }], ['192.0.2.0/24', { first: 1, count: 2 }], ['fd00:0:0:1::/64', { first: 0, count: 1 }], ['10.9.0.0/16', { first: 3, count: 1 }], ['10.9.9.0/24', { first: 0, count: 0 }]],
} as const;

const a = (ttl = 64, dst = '10.0.1.7') => ipv4({ src: '10.0.0.7', dst, ttl });
const six = (hopLimit = 64, dst = 'fd00:0:0:1::7') => ipv6({ src: 'fd00::7', dst, hopLimit });
const inward = eth({ dst: us[0], src: web });
const back = eth({ dst: web, src: us[0] });
const udp53 = [udp({ srcPort: 4000, dstPort: 53 }), data('question')];

/** A packet and the error about it. */
const error4 = (type: number, code: number, rest: number, quoted: Frame, most = 512): Frame =>
  [back, ipv4({ src: '10.0.0.1', dst: '10.0.0.7' }), icmp({ type, code, seq: rest }), cut(most), ...quoted];
const error6 = (type: number, code: number, rest: number, quoted: Frame, most = 512): Frame =>
  [back, ipv6({ src: 'fd00::1', dst: 'fd00::7' }), icmpv6({ type, code, seq: rest }), cut(most), ...quoted];

export default cases<typeof router>(given, {
  'To a neighbour, one hop less.': [
    send(0, [inward, a(), ...udp53], to(1, [eth({ dst: db, src: us[1] }), a(63), ...udp53])),
    send(0, [inward, six(), ...udp53], to(1, [eth({ dst: db, src: us[1] }), six(63), ...udp53])),
  ],
  'By the default route to whom nobody knows.': [
    send(0, [inward, a(64, '198.51.100.1'), ...udp53], to(2, [eth({ dst: up, src: us[2] }), a(63, '198.51.100.1'), ...udp53])),
  ],
  'A hop limit of two is enough for one more.': [send(0, [inward, a(2), ...udp53], to(1, [eth({ dst: db, src: us[1] }), a(1), ...udp53]))],
  'The longest prefix decides, and a flow keeps its way among equal ones.': [
    send(0, [inward, a(64, '192.0.2.7'), udp({ srcPort: 2, dstPort: 53 })], to(2, [eth({ dst: up, src: us[2] }), a(63, '192.0.2.7'), udp({ srcPort: 2, dstPort: 53 })])),
    send(0, [inward, a(64, '192.0.2.7'), udp({ srcPort: 1, dstPort: 53 })], to(2, [eth({ dst: up2, src: us[2] }), a(63, '192.0.2.7'), udp({ srcPort: 1, dstPort: 53 })])),
    send(0, [inward, a(64, '192.0.2.7'), udp({ srcPort: 2, dstPort: 53 })], to(2, [eth({ dst: up, src: us[2] }), a(63, '192.0.2.7'), udp({ srcPort: 2, dstPort: 53 })])),
  ],
  'Fragments take the way of their first one.': [
    send(0, [inward, ipv4({ src: '10.0.0.7', dst: '192.0.2.7', id: 1, frag: 0x2000 }), udp({ srcPort: 1, dstPort: 53 }), data(8)],
      to(2, [eth({ dst: up2, src: us[2] }), ipv4({ src: '10.0.0.7', dst: '192.0.2.7', id: 1, frag: 0x2000, ttl: 63 }), udp({ srcPort: 1, dstPort: 53 }), data(8)])),
    send(0, [inward, ipv4({ src: '10.0.0.7', dst: '192.0.2.7', id: 1, frag: 2, protocol: 17 }), data(8)],
      to(2, [eth({ dst: up2, src: us[2] }), ipv4({ src: '10.0.0.7', dst: '192.0.2.7', id: 1, frag: 2, ttl: 63, protocol: 17 }), data(8)])),
  ],
  'The last hop is told (RFC 792).': [
    send(0, [inward, a(1), ...udp53], replied(error4(11, 0, 0, [a(1), ...udp53]))),
    send(0, [inward, a(0), ...udp53], replied(error4(11, 0, 0, [a(0), ...udp53]))),
  ],
  'In IPv6 too (RFC 4443).': [send(0, [inward, six(1), ...udp53], replied(error6(3, 0, 0, [six(1), ...udp53])))],
  'Of a long packet the error quotes 512 bytes.': [
    send(0, [inward, a(1), udp({ srcPort: 1, dstPort: 2 }), data(700)], replied(error4(11, 0, 0, [a(1), udp({ srcPort: 1, dstPort: 2 }), data(700)]))),
    send(0, [inward, six(1), udp({ srcPort: 1, dstPort: 2 }), data(700)], replied(error6(3, 0, 0, [six(1), udp({ srcPort: 1, dstPort: 2 }), data(700)]))),
  ],
  'The checksum of an error holds for every length.': Array.from({ length: 33 }, (_, i) =>
    send(0, [inward, a(1), udp({ srcPort: 1, dstPort: 2 }), data('abcdefghijklmnopqrstuvwxyz012345678'.slice(0, i))], replied(error4(11, 0, 0, [a(1), udp({ srcPort: 1, dstPort: 2 }), data('abcdefghijklmnopqrstuvwxyz012345678'.slice(0, i))])))),
  'No route is an error.': [
    send(0, [inward, six(64, 'fd00:0:0:9::1'), ...udp53], replied(error6(1, 0, 0, [six(64, 'fd00:0:0:9::1'), ...udp53]))),
    send(0, [inward, a(64, '10.9.0.1'), ...udp53], replied(error4(3, 0, 0, [a(64, '10.9.0.1'), ...udp53]))),
  ],
  'A black hole says nothing.': [
    send(0, [inward, a(64, '10.9.9.1'), ...udp53], dropped('blackhole')),
    send(0, [inward, a(1, '10.9.9.1'), ...udp53], replied(error4(11, 0, 0, [a(1, '10.9.9.1'), ...udp53]))),
  ],
  'Too big for the way out: the error says how big a packet may be.': [
    send(0, [inward, a(), udp({ srcPort: 1, dstPort: 2 }), data(1373)], replied(error4(3, 4, 1400, [a(), udp({ srcPort: 1, dstPort: 2 }), data(1373)]))),
    send(0, [inward, six(), udp({ srcPort: 1, dstPort: 2 }), data(1353)], replied(error6(2, 0, 1400, [six(), udp({ srcPort: 1, dstPort: 2 }), data(1353)]))),
    send(0, [inward, a(), udp({ srcPort: 1, dstPort: 2 }), data(1372)], to(1, [eth({ dst: db, src: us[1] }), a(63), udp({ srcPort: 1, dstPort: 2 }), data(1372)])),
  ],
  'An error is quoted with its options and extension headers.': [
    send(0, [inward, ipv4({ src: '10.0.0.7', dst: '10.0.1.7', ttl: 1, options: '94040000' }), ...udp53], replied(error4(11, 0, 0, [ipv4({ src: '10.0.0.7', dst: '10.0.1.7', ttl: 1, options: '94040000' }), ...udp53]))),
    send(0, [inward, six(1), destination(), ...udp53], replied(error6(3, 0, 0, [six(1), destination(), ...udp53]))),
  ],
  'There is no error about an error, a later fragment, or what went to many (RFC 1122 3.2.2).': [
    send(0, [inward, a(1), icmp({ type: 3, code: 3 }), cut(28), a(9), ...udp53], dropped('no-error-about-this')),
    send(0, [inward, six(1), icmpv6({ type: 1 }), six(9), ...udp53], dropped('no-error-about-this')),
    send(0, [inward, ipv4({ src: '10.0.0.7', dst: '10.0.1.7', ttl: 1, frag: 3, protocol: 17 }), data(8)], dropped('no-error-about-this')),
    send(0, [inward, six(1), fragment({ id: 1, offset: 8, next: 17 }), data(8)], dropped('no-error-about-this')),
  ],
  'About a ping there is one.': [send(0, [inward, a(1), icmp({ type: 8, id: 1 })], replied(error4(11, 0, 0, [a(1), icmp({ type: 8, id: 1 })])))],
  'Errors are few (RFC 1812 4.3.2.8).': [
    { limits: { nsPerError: 4_000_000_000, burstErrors: 2 } },
    send(0, [inward, a(1), ...udp53], replied(error4(11, 0, 0, [a(1), ...udp53]))),
    send(0, [inward, a(1), ...udp53], replied(error4(11, 0, 0, [a(1), ...udp53]))),
    send(0, [inward, a(1), ...udp53], dropped('too-many-errors')),
  ],
  'The router answers ping.': [
    send(0, [inward, a(64, '10.0.0.1'), icmp({ type: 8, id: 5, seq: 6 }), data('ping')], replied([back, ipv4({ src: '10.0.0.1', dst: '10.0.0.7' }), icmp({ type: 0, id: 5, seq: 6 }), data('ping')])),
    send(0, [inward, a(1, '10.0.1.1'), icmp({ type: 8, id: 5, seq: 6 }), data('ping')], replied([back, ipv4({ src: '10.0.1.1', dst: '10.0.0.7' }), icmp({ type: 0, id: 5, seq: 6 }), data('ping')])),
    send(0, [inward, six(64, 'fd00::1'), icmpv6({ type: 128, id: 5, seq: 6 }), data('ping')], replied([back, ipv6({ src: 'fd00::1', dst: 'fd00::7' }), icmpv6({ type: 129, id: 5, seq: 6 }), data('ping')])),
  ],
  'What is not as long as it says is not routed (RFC 1812 5.2.2); padding is no length.': [
    ...['45000013', '4500001d', '4f00001c'].map(head => send(0, [eth({ dst: us[0], src: web, type: 0x0800 }), bytes(`${head}0000000040110000 0a000007 0a000107 0001000200080000`)], dropped('bad-length'))),
    send(0, [eth({ dst: us[0], src: web, type: 0x86dd }), bytes('60000000 0009 11 40 fd000000000000000000000000000007 fd000000000000010000000000000007 0001000200080000')], dropped('bad-length')),
    send(0, [inward, a(), ...udp53], to(1, [eth({ dst: db, src: us[1] }), a(63), ...udp53])),
    send(0, [eth({ dst: us[0], src: web, type: 0x0800 }), bytes('4500001c0000000040110000 0a000007 0a000107 0001000200080000 000000000000')], to(1, [eth({ dst: db, src: us[1], type: 0x0800 }), bytes('4500001c000000003f110100 0a000007 0a000107 0001000200080000 000000000000')])),
  ],
  'Nothing else is served at its address.': [send(0, [inward, a(64, '10.0.0.1'), tcp({ srcPort: 1, dstPort: 22, flags: 'S' })], dropped('no-service-here'))],
  'What is not for its hardware address is not for it.': [
    send(0, [eth({ dst: 'ff:ff:ff:ff:ff:ff', src: web }), a(), ...udp53], dropped('not-for-the-router')),
    send(0, [eth({ dst: us[1], src: web }), a(), ...udp53], dropped('not-for-the-router')),
    send(0, [inward, arp({ op: 'request', senderMac: web, senderIp: '10.0.0.7', targetIp: '10.0.0.1' })], dropped('not-for-the-router')),
    send(70, [inward, a(), ...udp53], dropped('not-for-the-router')),
  ],
});
