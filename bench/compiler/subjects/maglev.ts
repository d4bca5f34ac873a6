// examples/modules/maglev beside bench/c/maglev.c.

import control from '../../../examples/modules/maglev/maglev.control.ts';
import type { Plain } from '../../../src/image/values.ts';
import { arp, cut, data, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, tcp, udp, type Frame } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Sent, Subject } from '../subject.ts';

const contents = control({
  tunnel: { source: '10.1.0.1', source6: 'fd00::1', mtu: 1500 },
  backends: [{ name: 'a', address: '10.0.0.1' }, { name: 'b', address: 'fd00::b' }, { name: 'c', address: '10.0.0.3' }, { name: 'd', address: 'fd00::d' }],
  services: [
    { address: '10.9.0.1', port: 80, protocol: 'tcp', backends: ['a', 'c'] },
    { address: 'fd00::9', port: 80, protocol: 'tcp', backends: ['b', 'd'] },
    { address: '10.9.0.1', port: 53, protocol: 'udp', backends: ['b'] },
    { address: 'fd00::9', port: 53, protocol: 'udp', backends: ['a'] },
    { address: '10.9.0.2', port: 80, protocol: 'tcp', backends: [] },
  ],
}) as Readonly<Record<string, Plain>>;

const variant = 'usual';
const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const client = '10.1.0.7';
const client6 = 'fd00::7';
const payload = data(26);
const out = (...frame: Frame): Sent => ({ entry: 'egress', frame: build([link, ...frame]) });

const opened = (dst: string, srcPort: number, dstPort = 80, flags = 'S'): Frame => [ipv4({ src: client, dst }), tcp({ srcPort, dstPort, flags }), payload];
const opened6 = (dst: string, srcPort: number, dstPort = 80, flags = 'S'): Frame => [ipv6({ src: client6, dst }), tcp({ srcPort, dstPort, flags }), payload];
const asked: Frame = [ipv4({ src: client, dst: '10.9.0.1' }), udp({ srcPort: 7, dstPort: 53 }), payload];
const unreachable = icmp({ type: 3, code: 1 });
const unreachable6 = icmpv6({ type: 1, code: 3 });
const answered = (dstPort: number): Frame => [ipv4({ src: '10.9.0.1', dst: client }), tcp({ srcPort: 80, dstPort, flags: 'SA' }), payload];
const answered6 = (dstPort: number): Frame => [ipv6({ src: 'fd00::9', dst: client6 }), tcp({ srcPort: 80, dstPort, flags: 'SA' }), payload];
const ports = [4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007];

export const maglev: Subject = {
  name: 'maglev',
  module: 'examples/modules/maglev/maglev.ts',
  entries: [{ name: 'egress', section: 'tc/egress' }],
  reasons: ['short', 'extension-headers', 'fragment-without-first', 'no-backend', 'too-big', 'insert-refused'],
  variants: [{ name: variant, contents }],
  works: [
    { name: 'packet to a service', variant, runs: 'single', before: [out(...opened('10.9.0.1', 4000))], sent: out(...opened('10.9.0.1', 4000, 80, 'A')), verdict: 'next' },
    { name: 'packet to a service by IPv6', variant, runs: 'single', before: [out(...opened6('fd00::9', 4000))], sent: out(...opened6('fd00::9', 4000, 80, 'A')), verdict: 'next' },
    { name: 'UDP to a service', variant, runs: 'single', before: [out(...asked)], sent: out(...asked), verdict: 'next' },
    { name: 'packet to no service', variant, runs: 'many', sent: out(...opened('10.9.0.9', 4000)), verdict: 'next' },
    { name: 'service without backends, dropped', variant, runs: 'many', sent: out(...opened('10.9.0.2', 4000)), verdict: 'drop no-backend' },
  ],
  compared: [
    ...ports.map(port => out(...opened('10.9.0.1', port))),
    ...ports.flatMap(port => [out(...opened6('fd00::9', port)), out(ipv6({ src: client6, dst: 'fd00::9' }), hopByHop(), tcp({ srcPort: port, dstPort: 80, flags: 'A' }))]),
    out(...asked), out(ipv6({ src: client6, dst: 'fd00::9' }), udp({ srcPort: 7, dstPort: 53 }), payload),
    out(ipv4({ src: client, dst: '10.9.0.1', tos: 0xb8, options: '01010101' }), udp({ srcPort: 7, dstPort: 53 }), payload),
    ...ports.map(port => out(ipv4({ src: '10.1.0.254', dst: '10.9.0.1' }), unreachable, ...answered(port))),
    ...ports.map(port => out(ipv4({ src: '10.1.0.254', dst: '10.9.0.1' }), unreachable, cut(28), ...answered(port))),
    ...ports.map(port => out(ipv6({ src: 'fd00::fe', dst: 'fd00::9' }), unreachable6, ...answered6(port))),
    out(ipv4({ src: client, dst: '10.9.0.1' }), icmp({ type: 8, id: 3 }), payload),
    out(ipv6({ src: client6, dst: 'fd00::9' }), fragment({ id: 7, more: true }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data(8)),
    out(ipv6({ src: client6, dst: 'fd00::9' }), fragment({ id: 7, offset: 4 }), data(16)),
    out(ipv6({ src: client6, dst: 'fd00::9' }), fragment({ id: 8, offset: 4 }), data(16)),
    out(ipv4({ src: client, dst: '10.9.0.1' }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data(1440)),
    out(arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: client, targetIp: '10.9.0.1' })),
  ].map(sent => ({ variant, sent, verdict: 'next' })).concat({ variant, sent: out(ipv4({ src: client, dst: '10.9.0.1' }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data(1441)), verdict: 'drop too-big' }),
};
