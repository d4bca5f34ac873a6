// modules/nat44 beside bench/c/nat44.c.

import { arp, cut, data, eth, icmp, ipv4, tcp, udp } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Compared, Sent, Subject } from '../subject.ts';

type Layers = Parameters<typeof build>[0];

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const us = '203.0.113.5';
const host = '10.0.0.7';
const other = '10.0.0.8';
const far = '198.51.100.9';
const usual = 'usual';

/** One port, 20000, so that packets know it; a web server at 10.0.0.8 behind port 80. */
const contents = {
  masqueraded: [['10.0.0.0/24', 1]],
  settings: { address: us, firstPort: 20000, ports: 1 },
  inbound: [[{ port: 80, protocol: 6 }, { address: other, port: 8080, protocol: 6 }]],
  outbound: [[{ address: other, port: 8080, protocol: 6 }, { outside: { port: 80, protocol: 6 }, closing: false }]],
};

const go = (...layers: Layers): Sent => ({ entry: 'main', port: 0, frame: build([link, ...layers]) });
const come = (...layers: Layers): Sent => ({ entry: 'main', port: 1, frame: build([link, ...layers]) });

const question: Layers = [ipv4({ src: host, dst: far }), udp({ srcPort: 4444, dstPort: 53 }), data('question')];
const asked: Layers = [ipv4({ src: us, dst: far }), udp({ srcPort: 20000, dstPort: 53 }), data('question')];
const answer: Layers = [ipv4({ src: far, dst: us }), udp({ srcPort: 53, dstPort: 20000 }), data('answer!')];
const answered: Layers = [ipv4({ src: far, dst: host }), udp({ srcPort: 53, dstPort: 4444 }), data('answer!')];
const segment = (flags: string): Layers => [ipv4({ src: host, dst: far }), tcp({ srcPort: 5555, dstPort: 443, flags, seq: 0x1020_3040 }), data('abc')];
const segmentOut = (flags: string): Layers => [ipv4({ src: us, dst: far }), tcp({ srcPort: 20000, dstPort: 443, flags, seq: 0x1020_3040 }), data('abc')];
const back = come(ipv4({ src: far, dst: us }), tcp({ srcPort: 443, dstPort: 20000, flags: 'A' }), data('xyz!'));
const error: Layers = [ipv4({ src: '192.0.2.1', dst: us }), icmp({ type: 3, code: 1 })];
const ping = (id: number, src: string): Layers => [ipv4({ src, dst: far }), icmp({ type: 8, id, seq: 2 }), data('ping')];
const piece = (frag: number, id: number): Layers => frag === 0x2000
  ? [ipv4({ src: host, dst: far, id, frag }), udp({ srcPort: 4444, dstPort: 53 }), data(24)]
  : [ipv4({ src: host, dst: far, id, frag, protocol: 17 }), data(24)];

const met = (verdict: string, sent: Sent): Compared => ({ variant: usual, sent, verdict });

export const nat44: Subject = {
  name: 'nat44',
  module: 'modules/nat44/nat44.ts',
  entries: [{ name: 'main', section: 'tc' }],
  reasons: ['short', 'extension-headers', 'fragment-without-first', 'not-ip', 'error-of-no-mapping', 'no-free-port', 'no-mapping'],
  variants: [{ name: usual, contents }],
  works: [
    { name: 'TCP out', variant: usual, runs: 'single', before: [go(...segment('S')), go(...segment('A'))], sent: go(...segment('A')), verdict: 'to 1' },
    { name: 'TCP in', variant: usual, runs: 'single', before: [go(...segment('A'))], sent: back, verdict: 'to 0' },
    { name: 'UDP out', variant: usual, runs: 'single', before: [go(...question)], sent: go(...question), verdict: 'to 1' },
    { name: 'UDP in', variant: usual, runs: 'single', before: [go(...question)], sent: come(...answer), verdict: 'to 0' },
    { name: 'to a forwarded port from the inside', variant: usual, runs: 'single', sent: go(ipv4({ src: host, dst: us }), tcp({ srcPort: 5555, dstPort: 80, flags: 'A' })), verdict: 'to 0' },
    { name: 'ICMP error in', variant: usual, runs: 'single', before: [go(...question)], sent: come(...error, ...asked), verdict: 'to 0' },
    { name: 'no mapping, dropped', variant: usual, runs: 'many', sent: come(ipv4({ src: far, dst: us }), udp({ srcPort: 53, dstPort: 20001 }), data('answer!')), verdict: 'drop no-mapping' },
  ],
  compared: [
    met('to 1', go(...segment('FA'))),
    met('to 1', go(...segment('S'))),
    met('drop no-free-port', go(ipv4({ src: other, dst: far }), udp({ srcPort: 4444, dstPort: 53 }), data('q'))),
    met('to 1', go(ipv4({ src: host, dst: far }), udp({ srcPort: 4444, dstPort: 53, checksum: 0 }), data('q'))),
    met('to 0', come(ipv4({ src: far, dst: us }), udp({ srcPort: 53, dstPort: 20000, checksum: 0 }), data('q'))),
    met('to 1', go(...ping(1, host))),
    met('to 0', come(ipv4({ src: far, dst: us }), icmp({ type: 0, id: 20000, seq: 2 }), data('ping'))),
    met('to 0', come(ipv4({ src: far, dst: us }), tcp({ srcPort: 1, dstPort: 80, flags: 'S' }))),
    met('to 1', go(ipv4({ src: other, dst: far }), tcp({ srcPort: 8080, dstPort: 1, flags: 'SA' }))),
    met('to 0', go(ipv4({ src: other, dst: us }), tcp({ srcPort: 8080, dstPort: 20000, flags: 'SA' }))),
    met('to 0', come(...error, ...segmentOut('S'))),
    met('to 0', come(...error, cut(28), ...segmentOut('S'))),
    met('to 0', come(...error, cut(28), ipv4({ src: us, dst: far }), udp({ srcPort: 20000, dstPort: 53, checksum: 0 }), data('q'))),
    met('to 0', come(...error, ...ping(20000, us))),
    met('to 1', go(ipv4({ src: host, dst: far }), icmp({ type: 3, code: 3 }), cut(28), ...answered)),
    met('drop error-of-no-mapping', go(ipv4({ src: host, dst: far }), icmp({ type: 3, code: 3 }), cut(28), ipv4({ src: far, dst: host }), udp({ srcPort: 53, dstPort: 9 }))),
    met('drop no-mapping', come(...error, cut(28), ipv4({ src: us, dst: far }), udp({ srcPort: 9, dstPort: 53 }))),
    met('to 1', go(...piece(0x2000, 3))),
    met('to 1', go(...piece(4, 3))),
    met('drop fragment-without-first', go(...piece(4, 4))),
    met('to 1', go(ipv4({ src: host, dst: far, options: '94040000' }), udp({ srcPort: 4444, dstPort: 53 }), data('q'))),
    met('to 0', come(ipv4({ src: far, dst: '203.0.113.6' }), udp({ srcPort: 1, dstPort: 80 }))),
    met('drop not-ip', go(arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: host, targetIp: '10.0.0.1' }))),
    met('drop short', come(ipv4({ src: far, dst: us, protocol: 17 }), data(2))),
  ],
};
