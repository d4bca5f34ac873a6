// modules/firewall beside bench/c/firewall.c.

import control from '../../../modules/firewall/firewall.control.ts';
import type { Contents } from '../../../src/image/values.ts';
import { cut, data, destination, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, neighbor, routing, tcp, udp } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Compared, Sent, Subject } from '../subject.ts';

type Layers = Parameters<typeof build>[0];

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const web = '10.1.0.2';
const client = '10.1.0.9';
const stranger = '198.51.100.7';
const resolver = '9.9.9.9';
const six = { src: 'fd00:0:0:1::9', dst: 'fd00:0:0:2::2' };
const back = { src: six.dst, dst: six.src };
const usual = 'usual';

const none = { admin: 0, application: 0, baseline: 0 };

type Rules = Parameters<typeof control>[0]['sets'][number]['rules'];
/** The endpoint is `web`. Anyone may ask it for port 80, group 7 also for 22 and anything by UDP or ping; it may ask the world for UDP 53. Nothing is counted by rule. */
const contentsWith = (before: Rules): Contents => control({
  members: [{ port: 0, in: { ...none, application: 1 }, out: { ...none, application: 2 } }],
  addresses: [],
  sets: [
    { number: 1, closed: true, rules: [
      ...before,
      { action: 'allow', ports: [{ protocol: 'tcp', ports: [80, 80] }], hits: 0 },
      { action: 'allow', identities: [7], cidr: ['10.1.0.9/32', 'fd00:0:0:1::/64'], ports: [{ protocol: 'tcp', ports: [22, 22] }, { protocol: 'icmp' }, { protocol: 'udp' }], hits: 0 },
    ] },
    { number: 2, closed: true, rules: [{ action: 'allow', cidr: ['0.0.0.0/0'], ports: [{ protocol: 'udp', ports: [53, 53] }], hits: 0 }] },
  ],
  epoch: { rules: 1, members: 2 },
}) as Contents;
/** Half are about a prefix and a port each, half about everyone and a port. */
const MANY: Rules = Array.from({ length: 10_000 }, (_, i) => ({
  action: i % 3 === 0 ? 'deny' : 'allow', ports: [{ protocol: 'tcp', ports: [20_000 + i, 20_000 + i] }], hits: 0, ...i % 2 === 0 && { cidr: [`172.${16 + (i >> 12)}.${i >> 4 & 255}.${(i & 15) << 4}/28`] },
}));
const many = '10 000 rules';

const come = (...layers: Layers): Sent => ({ entry: 'ingress', frame: build([link, ...layers]) });
const go = (...layers: Layers): Sent => ({ entry: 'egress', frame: build([link, ...layers]) });
const inTcp = (flags: string, dstPort = 80, src = stranger): Sent => come(ipv4({ src, dst: web }), tcp({ srcPort: 4000, dstPort, flags }), data('x'));
const outTcp = (flags: string): Sent => go(ipv4({ src: web, dst: stranger }), tcp({ srcPort: 80, dstPort: 4000, flags }), data('x'));
const opened = [inTcp('S'), outTcp('SA'), inTcp('A')];
const inSix = (flags: string, ...extensions: Layers): Sent => come(ipv6(six), ...extensions, tcp({ srcPort: 4000, dstPort: 22, flags }), data('x'));
const openedSix = [inSix('S'), go(ipv6(back), tcp({ srcPort: 22, dstPort: 4000, flags: 'SA' })), inSix('A')];
const question: Layers = [ipv4({ src: web, dst: resolver }), udp({ srcPort: 3333, dstPort: 53 }), data('question')];
const answer = come(ipv4({ src: resolver, dst: web }), udp({ srcPort: 53, dstPort: 3333 }), data('answer'));
const piece = (frag: number, id = 5): Layers => frag === 0x2000
  ? [ipv4({ src: client, dst: web, id, frag }), udp({ srcPort: 9, dstPort: 9 }), data(16)]
  : [ipv4({ src: client, dst: web, id, frag, protocol: 17 }), data(24)];
const sixPiece = (offset: number): Layers => offset === 0
  ? [ipv6(six), fragment({ id: 9, more: true }), udp({ srcPort: 9, dstPort: 9 }), data(16)]
  : [ipv6(six), fragment({ id: 9, offset, next: 17 }), data(24)];

const next = (sent: Sent): Compared => ({ variant: usual, sent, verdict: 'next' });
const dropped = (reason: string, sent: Sent): Compared => ({ variant: usual, sent, verdict: `drop ${reason}` });

export const firewall: Subject = {
  name: 'firewall',
  module: 'modules/firewall/firewall.ts',
  entries: [{ name: 'egress', section: 'tc/egress' }, { name: 'ingress', section: 'tc/ingress' }],
  reasons: ['short', 'extension-headers', 'fragment-without-first', 'no-member', 'error-of-no-connection', 'no-connection', 'no-rule', 'denied', 'connection-limit', 'connections-full'],
  variants: [{ name: usual, contents: contentsWith([]) }, { name: many, contents: contentsWith(MANY) }],
  works: [
    { name: 'TCP of an open connection', variant: usual, runs: 'many', before: opened, sent: inTcp('A'), verdict: 'next' },
    { name: 'TCP of an open connection, out', variant: usual, runs: 'many', before: opened, sent: outTcp('A'), verdict: 'next' },
    { name: 'IPv6 TCP of an open connection', variant: usual, runs: 'many', before: openedSix, sent: inSix('A'), verdict: 'next' },
    { name: 'IPv6 behind three extension headers', variant: usual, runs: 'many', before: openedSix, sent: inSix('A', hopByHop(), routing({ words: 2 }), destination()), verdict: 'next' },
    { name: 'UDP of a dialogue', variant: usual, runs: 'many', before: [go(...question), answer], sent: answer, verdict: 'next' },
    { name: 'a later fragment', variant: usual, runs: 'many', before: [come(...piece(0x2000))], sent: come(...piece(3)), verdict: 'next' },
    {
      name: 'ICMP error of a connection', variant: usual, runs: 'many', before: [go(...question)],
      sent: come(ipv4({ src: '203.0.113.1', dst: web }), icmp({ type: 3, code: 3 }), cut(28), ...question), verdict: 'next',
    },
    { name: 'no rule, dropped', variant: usual, runs: 'many', sent: inTcp('S', 81), verdict: 'drop no-rule' },
    { name: 'TCP of an open connection, 10 000 rules', variant: many, runs: 'many', before: opened, sent: inTcp('A'), verdict: 'next' },
    { name: 'no rule, dropped, 10 000 rules', variant: many, runs: 'many', sent: inTcp('S', 81), verdict: 'drop no-rule' },
    { name: 'denied by one of 10 000 rules', variant: many, runs: 'many', sent: inTcp('S', 29_000, '172.18.50.129'), verdict: 'drop denied' },
  ],
  compared: [
    dropped('no-connection', inTcp('A', 443)),
    dropped('no-rule', inTcp('S', 22)),
    next(inTcp('S', 22, client)),
    next(come(ipv4({ src: client, dst: web }), icmp({ type: 8, id: 77, seq: 1 }))),
    next(go(ipv4({ src: web, dst: client }), icmp({ type: 0, id: 77, seq: 1 }))),
    dropped('no-rule', go(ipv4({ src: web, dst: client }), icmp({ type: 0, id: 78, seq: 1 }))),
    dropped('error-of-no-connection', come(ipv4({ src: '203.0.113.1', dst: web }), icmp({ type: 3, code: 3 }), cut(28), ipv4({ src: web, dst: '9.9.9.8' }), udp({ srcPort: 3333, dstPort: 53 }))),
    next(come(ipv4({ src: stranger, dst: web, options: '94040000 01010100' }), tcp({ srcPort: 4001, dstPort: 80, flags: 'S' }))),
    dropped('no-rule', come(ipv4({ src: stranger, dst: web, options: '00000050 00500050' }), tcp({ srcPort: 4001, dstPort: 81, flags: 'S' }))),
    dropped('fragment-without-first', come(...piece(3, 6))),
    next(come(...sixPiece(0))),
    next(come(...sixPiece(24))),
    next(inSix('A', fragment({ id: 1 }))),
    next(inSix('A', ...Array.from({ length: 6 }, () => destination()))),
    dropped('extension-headers', inSix('A', ...Array.from({ length: 7 }, () => destination()))),
    dropped('extension-headers', inSix('A', destination({ words: 250 }))),
    next(come(ipv6(six), icmpv6({ type: 128, id: 4 }))),
    next(go(ipv6(back), icmpv6({ type: 129, id: 4 }))),
    next(go(ipv6(back), icmpv6({ type: 1, code: 4 }), ipv6(six), udp({ srcPort: 9, dstPort: 9 }), data(40))),
    next(go(ipv6(back), icmpv6({ type: 1, code: 4 }), ipv6(six), destination(), udp({ srcPort: 9, dstPort: 9 }))),
    dropped('error-of-no-connection', go(ipv6(back), icmpv6({ type: 1, code: 4 }), ipv6(six), udp({ srcPort: 9, dstPort: 7 }))),
    next(come(ipv6({ src: 'fd00:0:0:3::9', dst: 'ff02::1:ff00:2', hopLimit: 255 }), icmpv6({ type: 135 }), neighbor({ target: six.dst }))),
    dropped('no-rule', come(ipv6({ src: 'fd00:0:0:3::9', dst: 'ff02::1:ff00:2', hopLimit: 64 }), icmpv6({ type: 135 }), neighbor({ target: six.dst }))),
    dropped('short', come(ipv4({ src: stranger, dst: web, protocol: 6 }), data(6))),
    dropped('short', come(ipv6({ ...six, next: 0 }), data(2))),
    next(inTcp('FA')), next(outTcp('FA')), next(inTcp('S')), next(inTcp('R')),
  ],
};
