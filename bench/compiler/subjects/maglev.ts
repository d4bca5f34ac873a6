// examples/modules/maglev beside bench/c/maglev.c.

import control from '../../../examples/modules/maglev/maglev.control.ts';
import type { Plain } from '../../../src/image/values.ts';
import { arp, cut, data, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, tcp, udp, type Frame } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Sent, Subject } from '../subject.ts';

const contents = control({
  backends: [
    { name: 'a', address: '10.0.0.1', port: 8080 }, { name: 'b', address: 'fd00::b', port: 8080 }, { name: 'c', address: '10.0.0.3', port: 8081 },
    { name: 'd', address: 'fd00::d', port: 8081 },
  ],
  services: [
    { address: '10.9.0.1', port: 80, protocol: 'tcp', backends: ['a', 'c'] },
    { address: 'fd00::9', port: 80, protocol: 'tcp', backends: ['b', 'd'] },
    { address: '10.9.0.1', port: 53, protocol: 'udp', backends: ['a'] },
    { address: '10.9.0.2', port: 80, protocol: 'tcp', backends: [] },
  ],
}) as Readonly<Record<string, Plain>>;

const variant = 'usual';
const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const client = '10.1.0.7';
const client6 = 'fd00::7';
const payload = data(26);
const out = (...frame: Frame): Sent => ({ entry: 'egress', frame: build([link, ...frame]) });
const back = (...frame: Frame): Sent => ({ entry: 'ingress', frame: build([link, ...frame]) });

const opened = (dst: string, srcPort: number, dstPort = 80, flags = 'S'): Frame => [ipv4({ src: client, dst }), tcp({ srcPort, dstPort, flags }), payload];
const opened6 = (dst: string, srcPort: number, dstPort = 80, flags = 'S'): Frame => [ipv6({ src: client6, dst }), tcp({ srcPort, dstPort, flags }), payload];
const asked: Frame = [ipv4({ src: client, dst: '10.9.0.1' }), udp({ srcPort: 7, dstPort: 53 }), payload];
const unreachable = icmp({ type: 3, code: 1 });
const unreachable6 = icmpv6({ type: 1, code: 3 });
const answered = (src: string, dstPort: number, srcPort = 8080): Frame => [ipv4({ src, dst: client }), tcp({ srcPort, dstPort, flags: 'SA' }), payload];

/** The clients' ports that backend `a` is chosen for are not known here: both are tried. */
const both = (dstPort: number): Sent[] => [back(...answered('10.0.0.1', dstPort)), back(...answered('10.0.0.3', dstPort, 8081))];
const ports = [4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007];

export const maglev: Subject = {
  name: 'maglev',
  module: 'examples/modules/maglev/maglev.ts',
  entries: [{ name: 'egress', section: 'tc/egress' }, { name: 'ingress', section: 'tc/ingress' }],
  reasons: ['short', 'extension-headers', 'fragment-without-first', 'no-backend'],
  variants: [{ name: variant, contents }],
  works: [
    { name: 'packet to a service', variant, runs: 'single', before: [out(...opened('10.9.0.1', 4000))], sent: out(...opened('10.9.0.1', 4000, 80, 'A')), verdict: 'next' },
    { name: 'packet to a service by IPv6', variant, runs: 'single', before: [out(...opened6('fd00::9', 4000))], sent: out(...opened6('fd00::9', 4000, 80, 'A')), verdict: 'next' },
    { name: 'UDP to a service', variant, runs: 'single', before: [out(...asked)], sent: out(...asked), verdict: 'next' },
    {
      name: 'answer of a backend', variant, runs: 'single', before: [out(...asked)],
      sent: back(ipv4({ src: '10.0.0.1', dst: client }), udp({ srcPort: 8080, dstPort: 7 }), payload), verdict: 'next',
    },
    { name: 'packet to no service', variant, runs: 'many', sent: out(...opened('10.9.0.9', 4000)), verdict: 'next' },
    { name: 'packet from no backend', variant, runs: 'many', sent: back(...answered('10.0.0.9', 4000)), verdict: 'next' },
    { name: 'service without backends, dropped', variant, runs: 'many', sent: out(...opened('10.9.0.2', 4000)), verdict: 'drop no-backend' },
  ],
  compared: [
    ...ports.flatMap(port => [out(...opened('10.9.0.1', port)), ...both(port)]),
    ...ports.flatMap(port => [
      out(...opened6('fd00::9', port)), back(ipv6({ src: 'fd00::b', dst: client6 }), tcp({ srcPort: 8080, dstPort: port, flags: 'SA' })),
      back(ipv6({ src: 'fd00::d', dst: client6 }), hopByHop(), tcp({ srcPort: 8081, dstPort: port, flags: 'SA' })),
    ]),
    back(ipv4({ src: '10.0.0.254', dst: client }), unreachable, ipv4({ src: client, dst: '10.0.0.1' }), udp({ srcPort: 7, dstPort: 8080 }), payload),
    back(ipv4({ src: '10.0.0.254', dst: client }), unreachable, ipv4({ src: client, dst: '10.0.0.1' }), udp({ srcPort: 7, dstPort: 8080, checksum: 0 }), payload),
    ...ports.map(port => back(ipv4({ src: '10.0.0.254', dst: client }), unreachable, ...opened('10.0.0.1', port, 8080))),
    ...ports.map(port => back(ipv4({ src: '10.0.0.254', dst: client }), unreachable, cut(28), ...opened('10.0.0.1', port, 8080))),
    ...ports.map(port => back(ipv6({ src: 'fd00::e', dst: client6 }), unreachable6, ...opened6('fd00::b', port, 8080))),
    out(ipv4({ src: client, dst: '10.9.0.1' }), icmp({ type: 8, id: 3 }), payload),
    out(ipv6({ src: client6, dst: 'fd00::9' }), fragment({ id: 7, more: true }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data(8)),
    out(ipv6({ src: client6, dst: 'fd00::9' }), fragment({ id: 7, offset: 4 }), data(16)),
    out(ipv6({ src: client6, dst: 'fd00::9' }), fragment({ id: 8, offset: 4 }), data(16)),
    out(arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: client, targetIp: '10.9.0.1' })),
  ].map(sent => ({ variant, sent, verdict: 'next' })),
};
