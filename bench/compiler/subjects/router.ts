// modules/router beside bench/c/router.c.

import { arp, cut, data, destination, eth, icmp, icmpv6, ipv4, ipv6, tcp, udp } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Compared, Sent, Subject } from '../subject.ts';

type Layers = Parameters<typeof build>[0];

const us = ['02:00:00:00:00:f0', '02:00:00:00:00:f1', '02:00:00:00:00:f2'] as const;
const web = '02:00:00:00:00:01';
const db = '02:00:00:00:00:02';
const up = '02:00:00:00:00:03';
const up2 = '02:00:00:00:00:04';
const usual = 'usual';

/** Port 0 is 10.0.0.0/24, port 1 is 10.0.1.0/24 with an MTU of 1400, port 2 leads outside, by one of two for 192.0.2.0/24. */
const contents = {
  interfaces: [
    { mac: us[0], ip4: '10.0.0.1', ip6: 'fd00::1', mtu: 1500 },
    { mac: us[1], ip4: '10.0.1.1', ip6: 'fd00:0:0:1::1', mtu: 1400 },
    { mac: us[2], ip4: '203.0.113.2', ip6: 'fd00:0:0:2::1', mtu: 1500 },
  ],
  neighbors: [['10.0.0.7', { mac: web, port: 0 }], ['10.0.1.7', { mac: db, port: 1 }], ['fd00::7', { mac: web, port: 0 }], ['fd00:0:0:1::7', { mac: db, port: 1 }], ...['10.0.0.1', 'fd00::1', '10.0.1.1'].map(address => [address, { mac: '00:00:00:00:00:00', port: 0xfffe }])],
  hops: [{ mac: up, port: 2 }, { mac: up, port: 2 }, { mac: up2, port: 2 }, { mac: up, port: 70 }],
  routes: [
    ['0.0.0.0/0', { first: 0, count: 1 }], ['192.0.2.0/24', { first: 1, count: 2 }], ['fd00:0:0:1::/64', { first: 0, count: 1 }],
    ['2001:db8::/32', { first: 1, count: 2 }], ['10.9.0.0/16', { first: 3, count: 1 }], ['10.9.9.0/24', { first: 0, count: 0 }],
  ],
  /** So many errors that none is held back. */
  limits: { nsPerError: 1, burstErrors: 1_000_000 },
};

const inward = eth({ dst: us[0], src: web });
const a = (ttl = 64, dst = '10.0.1.7') => ipv4({ src: '10.0.0.7', dst, ttl });
const six = (hopLimit = 64, dst = 'fd00:0:0:1::7') => ipv6({ src: 'fd00::7', dst, hopLimit });
const udp53 = [udp({ srcPort: 4000, dstPort: 53 }), data('question')];

const send = (...layers: Layers): Sent => ({ entry: 'main', port: 0, frame: build([inward, ...layers]) });
const piece = (frag: number) => ipv4({ src: '10.0.0.7', dst: '192.0.2.7', id: 1, frag, protocol: 17 });
const met = (verdict: string, ...layers: Layers): Compared => ({ variant: usual, sent: send(...layers), verdict });

export const router: Subject = {
  name: 'router',
  module: 'modules/router/router.ts',
  entries: [{ name: 'main', section: 'tc' }],
  reasons: [
    'short', 'extension-headers', 'fragment-without-first', 'not-for-the-router', 'no-service-here', 'too-many-errors', 'no-error-about-this',
    'trim-refused', 'insert-refused', 'blackhole',
  ],
  variants: [{ name: usual, contents }],
  works: [
    { name: 'to a neighbour', variant: usual, runs: 'single', sent: send(a(), ...udp53), verdict: 'to 1' },
    { name: 'IPv6 to a neighbour', variant: usual, runs: 'single', sent: send(six(), ...udp53), verdict: 'to 1' },
    { name: 'by the default route', variant: usual, runs: 'single', sent: send(a(64, '198.51.100.1'), ...udp53), verdict: 'to 2' },
    { name: 'by one of two equal routes', variant: usual, runs: 'single', sent: send(a(64, '192.0.2.7'), udp({ srcPort: 1, dstPort: 53 })), verdict: 'to 2' },
    { name: 'ping, answered', variant: usual, runs: 'single', sent: send(a(64, '10.0.0.1'), icmp({ type: 8, id: 5, seq: 6 }), data('ping')), verdict: 'reply' },
    { name: 'time exceeded, told', variant: usual, runs: 'single', sent: send(a(1), ...udp53), verdict: 'reply' },
    { name: 'not for the router, dropped', variant: usual, runs: 'many', sent: { entry: 'main', port: 1, frame: build([inward, a(), ...udp53]) }, verdict: 'drop not-for-the-router' },
  ],
  compared: [
    met('to 1', a(2), ...udp53),
    met('drop blackhole', a(64, '10.9.9.1'), ...udp53),
    met('reply', a(1, '10.0.1.1'), icmp({ type: 8 })),
    met('to 2', a(64, '192.0.2.7'), udp({ srcPort: 2, dstPort: 53 })),
    ...Array.from({ length: 8 }, (_, i) => met('to 2', six(64, '2001:db8::7'), destination(), udp({ srcPort: i, dstPort: 53 }))),
    met('to 2', ipv4({ src: '10.0.0.7', dst: '192.0.2.7', id: 1, frag: 0x2000 }), udp({ srcPort: 1, dstPort: 53 }), data(8)),
    met('to 2', piece(2), data(8)),
    met('to 2', a(64, '192.0.2.7'), icmp({ type: 3, code: 3 }), cut(28), ipv4({ src: '192.0.2.7', dst: '10.0.0.7' }), udp({ srcPort: 53, dstPort: 2 })),
    met('reply', six(1), ...udp53),
    met('reply', six(1), destination(), ...udp53),
    met('reply', a(1), udp({ srcPort: 1, dstPort: 2 }), data(700)),
    met('reply', six(1), udp({ srcPort: 1, dstPort: 2 }), data(700)),
    ...Array.from({ length: 9 }, (_, i) => met('reply', a(1), udp({ srcPort: 1, dstPort: 2 }), data(i))),
    met('reply', six(64, 'fd00:0:0:9::1'), ...udp53),
    met('reply', a(64, '10.9.0.1'), ...udp53),
    met('reply', a(), udp({ srcPort: 1, dstPort: 2 }), data(1373)),
    met('reply', six(), udp({ srcPort: 1, dstPort: 2 }), data(1353)),
    met('to 1', a(), udp({ srcPort: 1, dstPort: 2 }), data(1372)),
    met('reply', ipv4({ src: '10.0.0.7', dst: '10.0.1.7', ttl: 1, options: '94040000' }), ...udp53),
    met('drop no-error-about-this', a(1), icmp({ type: 3, code: 3 }), cut(28), a(9), ...udp53),
    met('drop no-error-about-this', six(1), icmpv6({ type: 1 }), six(9), ...udp53),
    met('drop no-error-about-this', ipv4({ src: '10.0.0.7', dst: '10.0.1.7', ttl: 1, id: 1, frag: 1, protocol: 17 }), data(8)),
    met('reply', a(1), icmp({ type: 8, id: 1 })),
    met('reply', six(64, 'fd00::1'), icmpv6({ type: 128, id: 5, seq: 6 }), data('ping')),
    met('drop no-service-here', a(64, '10.0.0.1'), tcp({ srcPort: 1, dstPort: 22, flags: 'S' })),
    met('drop not-for-the-router', arp({ op: 'request', senderMac: web, senderIp: '10.0.0.7', targetIp: '10.0.0.1' })),
    { variant: usual, sent: { entry: 'main', port: 70, frame: build([inward, a(), ...udp53]) }, verdict: 'drop not-for-the-router' },
  ],
};
