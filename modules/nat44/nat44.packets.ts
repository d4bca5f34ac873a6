import { arp, bytes, cases, cut, data, dropped, eth, icmp, icmpv6, ipv4, ipv6, send, tcp, to, udp, wait, type Frame } from 'iovisor/packets';
import type * as nat44 from './nat44.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const us = '203.0.113.5';
const host = '10.0.0.7';
const other = '10.0.0.8';
const far = '198.51.100.9';
const inside = 0;
const outside = 1;

/** One port, 20000, so that cases know it; a web server at 10.0.0.8 behind port 80. */
const given = {
  settings: { address: us, firstPort: 20000, ports: 1 },
  masqueraded: [['10.0.0.0/24', 1]],
  inbound: [[{ port: 80, protocol: 6 }, { address: other, port: 8080, protocol: 6 }]],
  outbound: [[{ address: other, port: 8080, protocol: 6 }, { outside: { port: 80, protocol: 6 }, closing: false }]],
} as const;
const two = { settings: { address: us, firstPort: 20000, ports: 2 } };

/** Ports from 7168 to 8191 are those of a server behind port 3, and so is what 10.0.0.9 opened. */
const peer = 3;
const shared = { settings: { address: us, firstPort: 4096, ports: 1024, fellows: 2, self: 2 }, homes: [['10.0.0.9', { port: peer }], ['10.0.0.10', { port: 2 }]] as const, owners: Array.from({ length: 64 }, (_, block) => ({ port: block === 7 ? peer : 0 })) };
/** 10.0.0.20 is 203.0.113.20 outside, 10.9.0.32/28 is 192.0.2.32/28, fd00:1::/64 is 2001:db8:7::/64. */
const in6 = 'fd00:1::7', out6 = '2001:db8:7::7', far6 = '2001:db8::9';
const pairs = [['10.0.0.20/32', '203.0.113.20/32', '::'], ['10.9.0.32/28', '192.0.2.32/28', '::f'], ['fd00:1::/64', '2001:db8:7::/64', '::ffff:ffff:ffff:ffff']] as const;
const as = (prefix: string): string => { const address = prefix.split('/')[0]!; return address.includes(':') ? address : `::ffff:${address}`; };
const whole = {
  features: { prefixes: true }, masqueraded: [['10.0.0.0/24', 1], ['10.0.0.20/32', 0]] as const,
  outsides: pairs.map(([from, to, mask]) => [from, { mask, as: as(to) }] as const), insides: pairs.map(([to, from, mask]) => [from, { mask, as: as(to) }] as const),
};

const out = (src = host, srcPort = 4444, dst = far): Frame => [link, ipv4({ src, dst }), udp({ srcPort, dstPort: 53 }), data('question')];
const sent = (srcPort = 20000): Frame => [link, ipv4({ src: us, dst: far }), udp({ srcPort, dstPort: 53 }), data('question')];
const answer: Frame = [link, ipv4({ src: far, dst: us }), udp({ srcPort: 53, dstPort: 20000 }), data('answer!')];
const answerTo = (dstPort: number): Frame => [link, ipv4({ src: far, dst: us }), udp({ srcPort: 53, dstPort }), data('answer!')];
const answered: Frame = [link, ipv4({ src: far, dst: host }), udp({ srcPort: 53, dstPort: 4444 }), data('answer!')];
const segment = (flags: string): Frame => [link, ipv4({ src: host, dst: far }), tcp({ srcPort: 5555, dstPort: 443, flags, seq: 0x1020_3040 }), data('abc')];
const segmentOut = (flags: string): Frame => [link, ipv4({ src: us, dst: far }), tcp({ srcPort: 20000, dstPort: 443, flags, seq: 0x1020_3040 }), data('abc')];
const back = (flags: string): Frame => [link, ipv4({ src: far, dst: us }), tcp({ srcPort: 443, dstPort: 20000, flags }), data('xyz!')];
const backIn = (flags: string): Frame => [link, ipv4({ src: far, dst: host }), tcp({ srcPort: 443, dstPort: 5555, flags }), data('xyz!')];

export default cases<typeof nat44>(given, {
  'What goes out bears our address and a port of ours.': [send(inside, out(), to(outside, sent()))],
  'Answers find back.': [send(inside, out(), to(outside, sent())), send(outside, answer, to(inside, answered))],
  'From any far end (RFC 4787 REQ-1 and REQ-8).': [
    send(inside, out(), to(outside, sent())),
    send(outside, [link, ipv4({ src: '192.0.2.77', dst: us }), udp({ srcPort: 9, dstPort: 20000 }), data('hi')], to(inside, [link, ipv4({ src: '192.0.2.77', dst: host }), udp({ srcPort: 9, dstPort: 4444 }), data('hi')])),
  ],
  'A mapping is of the inside address and port, whatever the far end.': [
    send(inside, out(), to(outside, sent())),
    send(inside, [link, ipv4({ src: host, dst: '192.0.2.1' }), udp({ srcPort: 4444, dstPort: 9 }), data('x')], to(outside, [link, ipv4({ src: us, dst: '192.0.2.1' }), udp({ srcPort: 20000, dstPort: 9 }), data('x')])),
  ],
  'When all ports are taken, the next one gets none.': [
    send(inside, out(), to(outside, sent())), send(inside, out(other), dropped('no-free-port')),
  ],
  'Other protocols have ports of their own.': [
    send(inside, out(), to(outside, sent())), send(inside, segment('S'), to(outside, segmentOut('S'))),
  ],
  'A port is free again when its mapping has expired.': [
    send(inside, out(), to(outside, sent())), wait(299), send(outside, answer, to(inside, answered)), wait(2),
    send(outside, answer, dropped('no-mapping')), send(inside, out(other), to(outside, sent())),
  ],
  'Packets from the outside do not keep a mapping (RFC 4787 REQ-6).': [
    send(inside, out(), to(outside, sent())), wait(200), send(outside, answer, to(inside, answered)), wait(200), send(outside, answer, dropped('no-mapping')),
  ],
  'Packets from the inside do, both halves.': [
    send(inside, out(), to(outside, sent())), wait(200), send(inside, out(), to(outside, sent())), wait(200), send(outside, answer, to(inside, answered)),
    send(inside, out(), to(outside, sent())),
  ],
  'A datagram without a checksum goes on without one.': [
    send(inside, [link, ipv4({ src: host, dst: far }), udp({ srcPort: 4444, dstPort: 53, checksum: 0 }), data('q')], to(outside, [link, ipv4({ src: us, dst: far }), udp({ srcPort: 20000, dstPort: 53, checksum: 0 }), data('q')])),
    send(outside, [link, ipv4({ src: far, dst: us }), udp({ srcPort: 53, dstPort: 20000, checksum: 0 }), data('q')], to(inside, [link, ipv4({ src: far, dst: host }), udp({ srcPort: 53, dstPort: 4444, checksum: 0 }), data('q')])),
  ],
  'TCP, there and back.': [
    send(inside, segment('S'), to(outside, segmentOut('S'))), send(outside, back('SA'), to(inside, backIn('SA'))), send(inside, segment('A'), to(outside, segmentOut('A'))),
    wait(7439), send(outside, back('A'), to(inside, backIn('A'))),
  ],
  'A connection that only opens lives four minutes.': [
    send(inside, segment('S'), to(outside, segmentOut('S'))), wait(241), send(outside, back('SA'), dropped('no-mapping')),
  ],
  'So does one that is done.': [
    send(inside, segment('S'), to(outside, segmentOut('S'))), send(inside, segment('A'), to(outside, segmentOut('A'))), wait(10),
    send(inside, segment('FA'), to(outside, segmentOut('FA'))), wait(241), send(outside, back('A'), dropped('no-mapping')),
  ],
  'Ping is mapped by its identifier.': [
    send(inside, [link, ipv4({ src: host, dst: far }), icmp({ type: 8, id: 1, seq: 2 }), data('ping')], to(outside, [link, ipv4({ src: us, dst: far }), icmp({ type: 8, id: 20000, seq: 2 }), data('ping')])),
    send(outside, [link, ipv4({ src: far, dst: us }), icmp({ type: 0, id: 20000, seq: 2 }), data('ping')], to(inside, [link, ipv4({ src: far, dst: host }), icmp({ type: 0, id: 1, seq: 2 }), data('ping')])),
    wait(61),
    send(outside, [link, ipv4({ src: far, dst: us }), icmp({ type: 0, id: 20000, seq: 2 })], dropped('no-mapping')),
  ],
  'A forwarded port is always open.': [
    wait(100_000),
    send(outside, [link, ipv4({ src: far, dst: us }), tcp({ srcPort: 1, dstPort: 80, flags: 'S' })], to(inside, [link, ipv4({ src: far, dst: other }), tcp({ srcPort: 1, dstPort: 8080, flags: 'S' })])),
    send(inside, [link, ipv4({ src: other, dst: far }), tcp({ srcPort: 8080, dstPort: 1, flags: 'SA' })], to(outside, [link, ipv4({ src: us, dst: far }), tcp({ srcPort: 80, dstPort: 1, flags: 'SA' })])),
  ],
  'From the inside too: both addresses are put right (RFC 4787 REQ-9).': [
    send(inside, [link, ipv4({ src: host, dst: us }), tcp({ srcPort: 5555, dstPort: 80, flags: 'S' })], to(inside, [link, ipv4({ src: us, dst: other }), tcp({ srcPort: 20000, dstPort: 8080, flags: 'S' })])),
    send(inside, [link, ipv4({ src: other, dst: us }), tcp({ srcPort: 8080, dstPort: 20000, flags: 'SA' })], to(inside, [link, ipv4({ src: us, dst: host }), tcp({ srcPort: 80, dstPort: 5555, flags: 'SA' })])),
  ],
  'An error from the outside is about the packet that the inside sent.': [
    send(inside, out(), to(outside, sent())),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 3, code: 1 }), ...sent().slice(1)], to(inside, [link, ipv4({ src: '192.0.2.1', dst: host }), icmp({ type: 3, code: 1 }), ...out().slice(1)])),
  ],
  'Of TCP, quoted whole.': [
    send(inside, segment('S'), to(outside, segmentOut('S'))),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 11 }), ...segmentOut('S').slice(1)], to(inside, [link, ipv4({ src: '192.0.2.1', dst: host }), icmp({ type: 11 }), ...segment('S').slice(1)])),
  ],
  'Quoted as RFC 792 has it, eight bytes of it: its checksum is not there, that of the error is right.': [
    send(inside, segment('S'), to(outside, segmentOut('S'))),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 11 }), cut(28), ...segmentOut('S').slice(1)], to(inside, [link, ipv4({ src: '192.0.2.1', dst: host }), icmp({ type: 11 }), cut(28), ...segment('S').slice(1)])),
  ],
  'Of a datagram without a checksum.': [
    send(inside, out(), to(outside, sent())),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 3, code: 3 }), cut(28), ipv4({ src: us, dst: far }), udp({ srcPort: 20000, dstPort: 53, checksum: 0 }), data('q')],
      to(inside, [link, ipv4({ src: '192.0.2.1', dst: host }), icmp({ type: 3, code: 3 }), cut(28), ipv4({ src: host, dst: far }), udp({ srcPort: 4444, dstPort: 53, checksum: 0 }), data('q')])),
  ],
  'About a ping.': [
    send(inside, [link, ipv4({ src: host, dst: far }), icmp({ type: 8, id: 1, seq: 2 }), data('ping')], to(outside, [link, ipv4({ src: us, dst: far }), icmp({ type: 8, id: 20000, seq: 2 }), data('ping')])),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 11 }), ipv4({ src: us, dst: far }), icmp({ type: 8, id: 20000, seq: 2 }), data('ping')],
      to(inside, [link, ipv4({ src: '192.0.2.1', dst: host }), icmp({ type: 11 }), ipv4({ src: host, dst: far }), icmp({ type: 8, id: 1, seq: 2 }), data('ping')])),
  ],
  'An error from the inside is about what came in.': [
    send(inside, out(), to(outside, sent())), send(outside, answer, to(inside, answered)),
    send(inside, [link, ipv4({ src: host, dst: far }), icmp({ type: 3, code: 3 }), cut(28), ...answered.slice(1)], to(outside, [link, ipv4({ src: us, dst: far }), icmp({ type: 3, code: 3 }), cut(28), ...answer.slice(1)])),
  ],
  'An error makes no mapping, and needs one.': [
    send(inside, [link, ipv4({ src: host, dst: far }), icmp({ type: 3, code: 3 }), cut(28), ...answered.slice(1)], dropped('error-of-no-mapping')),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 3, code: 1 }), cut(28), ...sent().slice(1)], dropped('no-mapping')),
  ],
  'Fragments follow their first one.': [
    send(inside, [link, ipv4({ src: host, dst: far, id: 3, frag: 0x2000 }), udp({ srcPort: 4444, dstPort: 53 }), data(24)], to(outside, [link, ipv4({ src: us, dst: far, id: 3, frag: 0x2000 }), udp({ srcPort: 20000, dstPort: 53 }), data(24)])),
    send(inside, [link, ipv4({ src: host, dst: far, id: 3, frag: 4, protocol: 17 }), data(24)], to(outside, [link, ipv4({ src: us, dst: far, id: 3, frag: 4, protocol: 17 }), data(24)])),
    send(inside, [link, ipv4({ src: host, dst: far, id: 4, frag: 4, protocol: 17 }), data(24)], dropped('fragment-without-first')),
  ],
  'Options stay where they are.': [
    send(inside, [link, ipv4({ src: host, dst: far, options: '94040000' }), udp({ srcPort: 4444, dstPort: 53 }), data('q')], to(outside, [link, ipv4({ src: us, dst: far, options: '94040000' }), udp({ srcPort: 20000, dstPort: 53 }), data('q')])),
  ],
  'Two hosts with the same port get two of ours.': [
    two, send(inside, out(), to(outside, sent(20000))), send(inside, out(other, 4444), to(outside, sent(20001))), send(inside, out('10.0.0.9', 4444), dropped('no-free-port')),
  ],
  'What is not for our address goes on as it is: to networks that are routed.': [send(outside, [link, ipv4({ src: far, dst: '203.0.113.6' }), udp({ srcPort: 1, dstPort: 80 })], to(inside, [link, ipv4({ src: far, dst: '203.0.113.6' }), udp({ srcPort: 1, dstPort: 80 })]))],
  'Who is not of a masqueraded network goes out as it is.': [send(inside, out('10.7.0.1'), to(outside, out('10.7.0.1')))],
  'But for what a forward leads to, of whatever network.': [
    { outbound: [[{ address: '10.7.0.1', port: 8080, protocol: 6 }, { outside: { port: 80, protocol: 6 }, closing: false }]] },
    send(inside, [link, ipv4({ src: '10.7.0.1', dst: far }), tcp({ srcPort: 8080, dstPort: 999, flags: 'SA' })], to(outside, [link, ipv4({ src: us, dst: far }), tcp({ srcPort: 80, dstPort: 999, flags: 'SA' })])),
  ],
  'What comes by another port comes from another server: from the inside.': [send(7, out(), to(outside, sent())), send(outside, answer, to(inside, answered))],
  'IPv6 goes through as it is.': [
    send(inside, [link, ipv6({ src: 'fd00::7', dst: '2001:db8::9' }), udp({ srcPort: 1, dstPort: 53 })], to(outside, [link, ipv6({ src: 'fd00::7', dst: '2001:db8::9' }), udp({ srcPort: 1, dstPort: 53 })])),
    send(outside, [link, ipv6({ src: '2001:db8::9', dst: 'fd00::7' }), udp({ srcPort: 53, dstPort: 1 })], to(inside, [link, ipv6({ src: '2001:db8::9', dst: 'fd00::7' }), udp({ srcPort: 53, dstPort: 1 })])),
  ],
  'The port that a host has chosen is kept, where it is ours to give and free (RFC 4787 4.2.1).': [
    { settings: { address: us, firstPort: 1024, ports: 64512 } },
    send(inside, out(), to(outside, sent(4444))),
    send(inside, out(other), to(outside, sent(1024))),
    send(inside, out('10.0.0.9'), to(outside, sent(1024 + 104729 % 64512))),
  ],
  'Of an address that several servers share, what is for the port of another goes to that one.': [
    shared,
    send(outside, answerTo(7200), to(peer, answerTo(7200))),
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 3, code: 1 }), cut(28), ...sent(7200).slice(1)], to(peer, [link, ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 3, code: 1 }), cut(28), ...sent(7200).slice(1)])),
    send(outside, answerTo(9300), dropped('no-mapping')),
  ],
  'What it passes on to us is answered here, and passed on no more.': [
    shared,
    send(inside, out(), to(outside, sent(4444))), send(peer, answerTo(4444), to(inside, answered)),
    send(peer, answerTo(7200), dropped('no-mapping')),
  ],
  'But for what is translated on its way: of two hosts behind one address, each by another server.': [
    shared,
    send(inside, [link, ipv4({ src: host, dst: us }), udp({ srcPort: 4444, dstPort: 7200 }), data('hi')], to(peer, [link, ipv4({ src: us, dst: us }), udp({ srcPort: 4444, dstPort: 7200 }), data('hi')])),
    send(peer, [link, ipv4({ src: us, dst: us }), udp({ srcPort: 7200, dstPort: 4444 }), data('hi')], to(inside, [link, ipv4({ src: us, dst: host }), udp({ srcPort: 7200, dstPort: 4444 }), data('hi')])),
  ],
  'Who has come from another server is translated where it was before, and where its flows are.': [
    shared,
    send(inside, out('10.0.0.9'), to(peer, out('10.0.0.9'))), send(7, out('10.0.0.9'), to(peer, out('10.0.0.9'))),
    send(peer, out('10.0.0.9'), to(outside, sent(4444))),
    send(inside, out('10.0.0.10', 4445), to(outside, sent(4445))),
  ],
  'One-to-one: a host has an address of its own outside, ports and all.': [
    whole,
    send(inside, out('10.0.0.20'), to(outside, [link, ipv4({ src: '203.0.113.20', dst: far }), udp({ srcPort: 4444, dstPort: 53 }), data('question')])),
    send(outside, [link, ipv4({ src: far, dst: '203.0.113.20' }), tcp({ srcPort: 9, dstPort: 22, flags: 'S' })], to(inside, [link, ipv4({ src: far, dst: '10.0.0.20' }), tcp({ srcPort: 9, dstPort: 22, flags: 'S' })])),
    send(inside, out(), to(outside, sent())),
  ],
  'Of a prefix each address keeps its last bits.': [
    whole,
    send(inside, out('10.9.0.37'), to(outside, [link, ipv4({ src: '192.0.2.37', dst: far }), udp({ srcPort: 4444, dstPort: 53 }), data('question')])),
    send(outside, [link, ipv4({ src: far, dst: '192.0.2.45' }), icmp({ type: 8, id: 3, seq: 1 })], to(inside, [link, ipv4({ src: far, dst: '10.9.0.45' }), icmp({ type: 8, id: 3, seq: 1 })])),
  ],
  'IPv6 too (as RFC 6296, but checksums are changed, not addresses).': [
    whole,
    send(inside, [link, ipv6({ src: in6, dst: far6 }), udp({ srcPort: 1, dstPort: 53 }), data('q')], to(outside, [link, ipv6({ src: out6, dst: far6 }), udp({ srcPort: 1, dstPort: 53 }), data('q')])),
    send(outside, [link, ipv6({ src: far6, dst: out6 }), tcp({ srcPort: 53, dstPort: 1, flags: 'SA' })], to(inside, [link, ipv6({ src: far6, dst: in6 }), tcp({ srcPort: 53, dstPort: 1, flags: 'SA' })])),
    send(outside, [link, ipv6({ src: far6, dst: out6 }), icmpv6({ type: 1, code: 4 }), ipv6({ src: out6, dst: far6 }), udp({ srcPort: 1, dstPort: 53 }), data('q')],
      to(inside, [link, ipv6({ src: far6, dst: in6 }), icmpv6({ type: 1, code: 4 }), ipv6({ src: in6, dst: far6 }), udp({ srcPort: 1, dstPort: 53 }), data('q')])),
    send(inside, [link, ipv6({ src: 'fd00:9::1', dst: far6 }), udp({ srcPort: 1, dstPort: 53 })], to(outside, [link, ipv6({ src: 'fd00:9::1', dst: far6 }), udp({ srcPort: 1, dstPort: 53 })])),
  ],
  'Errors of one-to-one hosts, and of routers before them that have no address outside.': [
    whole,
    send(outside, [link, ipv4({ src: '192.0.2.1', dst: '203.0.113.20' }), icmp({ type: 11 }), ipv4({ src: '203.0.113.20', dst: far }), udp({ srcPort: 4444, dstPort: 53 }), data('q')],
      to(inside, [link, ipv4({ src: '192.0.2.1', dst: '10.0.0.20' }), icmp({ type: 11 }), ipv4({ src: '10.0.0.20', dst: far }), udp({ srcPort: 4444, dstPort: 53 }), data('q')])),
    send(inside, [link, ipv4({ src: '10.0.0.1', dst: far }), icmp({ type: 3, code: 1 }), ipv4({ src: far, dst: '10.0.0.20' }), udp({ srcPort: 53, dstPort: 4444 }), data('q')],
      to(outside, [link, ipv4({ src: '203.0.113.20', dst: far }), icmp({ type: 3, code: 1 }), ipv4({ src: far, dst: '203.0.113.20' }), udp({ srcPort: 53, dstPort: 4444 }), data('q')])),
  ],
  'Hairpin: of a masqueraded host to a one-to-one host, of that one to a forwarded port, and of two of them.': [
    whole,
    send(inside, [link, ipv4({ src: host, dst: '203.0.113.20' }), udp({ srcPort: 4444, dstPort: 53 }), data('q')], to(inside, [link, ipv4({ src: us, dst: '10.0.0.20' }), udp({ srcPort: 20000, dstPort: 53 }), data('q')])),
    send(inside, [link, ipv4({ src: '10.0.0.20', dst: us }), udp({ srcPort: 53, dstPort: 20000 }), data('a')], to(inside, [link, ipv4({ src: '203.0.113.20', dst: host }), udp({ srcPort: 53, dstPort: 4444 }), data('a')])),
    send(inside, [link, ipv4({ src: '10.0.0.20', dst: us }), tcp({ srcPort: 5555, dstPort: 80, flags: 'S' })], to(inside, [link, ipv4({ src: '203.0.113.20', dst: other }), tcp({ srcPort: 5555, dstPort: 8080, flags: 'S' })])),
    send(inside, [link, ipv4({ src: '10.0.0.20', dst: '192.0.2.37' }), udp({ srcPort: 5, dstPort: 6 }), data('q')], to(inside, [link, ipv4({ src: '203.0.113.20', dst: '10.9.0.37' }), udp({ srcPort: 5, dstPort: 6 }), data('q')])),
    send(inside, [link, ipv6({ src: in6, dst: '2001:db8:7::9' }), udp({ srcPort: 1, dstPort: 2 })], to(inside, [link, ipv6({ src: out6, dst: 'fd00:1::9' }), udp({ srcPort: 1, dstPort: 2 })])),
  ],
  'Who is not masqueraded reaches our address too.': [
    send(inside, [link, ipv4({ src: '10.7.0.1', dst: us }), tcp({ srcPort: 5555, dstPort: 80, flags: 'S' })], to(inside, [link, ipv4({ src: '10.7.0.1', dst: other }), tcp({ srcPort: 5555, dstPort: 8080, flags: 'S' })])),
  ],
  'What nobody asked for neither.': [send(outside, answer, dropped('no-mapping'))],
  'Only IP goes through.': [
    send(inside, [link, arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: host, targetIp: '10.0.0.1' })], dropped('not-ip')),
    send(outside, [link, ipv4({ src: far, dst: us, protocol: 17 }), bytes('0035')], dropped('short')),
  ],
});
