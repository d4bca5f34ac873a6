import { arp, cases, cut, data, dropped, eth, icmp, icmpv6, ipv4, ipv6, passed, send, tcp, udp, wait, type Frame } from 'iovisor/packets';
import control from './maglev.control.ts';
import type * as maglev from './maglev.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const given = control({
  tunnel: { source: '10.1.0.1', source6: 'fd00::1', mtu: 1500 },
  backends: [{ name: 'a', address: '10.0.0.1' }, { name: 'b', address: 'fd00::b' }],
  services: [
    { address: '10.9.0.1', port: 80, protocol: 'tcp', backends: ['a'] },
    { address: 'fd00::9', port: 80, protocol: 'tcp', backends: ['b'] },
    { address: '10.9.0.1', port: 53, protocol: 'udp', backends: ['b'] },
    { address: 'fd00::9', port: 53, protocol: 'udp', backends: ['a'] },
    { address: '10.9.0.2', port: 80, protocol: 'tcp', backends: [] },
  ],
});
const opened: Frame = [ipv4({ src: '10.1.0.7', dst: '10.9.0.1', tos: 0xb8 }), tcp({ srcPort: 4000, dstPort: 80, flags: 'S' }), data('x')];
const more: Frame = [ipv4({ src: '10.1.0.7', dst: '10.9.0.1', tos: 0xb8 }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data('x')];
const opened6: Frame = [ipv6({ src: 'fd00::7', dst: 'fd00::9', trafficClass: 0xb8 }), tcp({ srcPort: 4000, dstPort: 80, flags: 'S' }), data('x')];
const asked: Frame = [ipv4({ src: '10.1.0.7', dst: '10.9.0.1' }), udp({ srcPort: 1, dstPort: 53 }), data('q')];
const asked6: Frame = [ipv6({ src: 'fd00::7', dst: 'fd00::9' }), udp({ srcPort: 1, dstPort: 53 }), data('q')];

const by4 = (dst: string, inner: Frame, tos = 0): Frame => [link, ipv4({ src: '10.1.0.1', dst, tos, frag: 0x4000 }), ...inner];
const by6 = (dst: string, inner: Frame, trafficClass = 0): Frame => [link, ipv6({ src: 'fd00::1', dst, trafficClass }), ...inner];
const large = (bytes: number): Frame => [link, ipv4({ src: '10.1.0.7', dst: '10.9.0.1' }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data(bytes - 40)];

export default cases<typeof maglev>(given, {
  'What is for a service goes to a backend as it is, in a tunnel.': [send('egress', [link, ...opened], passed(by4('10.0.0.1', opened, 0xb8)))],
  'IPv6 in IPv6.': [send('egress', [link, ...opened6], passed(by6('fd00::b', opened6, 0xb8)))],
  'IPv4 in IPv6, where the backend has an IPv6 address.': [send('egress', [link, ...asked], passed(by6('fd00::b', asked)))],
  'IPv6 in IPv4, where it has an IPv4 address.': [send('egress', [link, ...asked6], passed(by4('10.0.0.1', asked6)))],
  'An error about what the service sent goes where its flow goes.': [
    send('egress', [link, ...opened], passed(by4('10.0.0.1', opened, 0xb8))),
    send('egress', [link, ipv4({ src: '10.1.0.254', dst: '10.9.0.1' }), icmp({ type: 3, code: 1 }), cut(28), ipv4({ src: '10.9.0.1', dst: '10.1.0.7' }), tcp({ srcPort: 80, dstPort: 4000, flags: 'SA' })],
      passed(by4('10.0.0.1', [ipv4({ src: '10.1.0.254', dst: '10.9.0.1' }), icmp({ type: 3, code: 1 }), cut(28), ipv4({ src: '10.9.0.1', dst: '10.1.0.7' }), tcp({ srcPort: 80, dstPort: 4000, flags: 'SA' })]))),
    send('egress', [link, ipv6({ src: 'fd00::fe', dst: 'fd00::9' }), icmpv6({ type: 1, code: 3 }), ipv6({ src: 'fd00::9', dst: 'fd00::7' }), tcp({ srcPort: 80, dstPort: 4000, flags: 'SA' })],
      passed(by6('fd00::b', [ipv6({ src: 'fd00::fe', dst: 'fd00::9' }), icmpv6({ type: 1, code: 3 }), ipv6({ src: 'fd00::9', dst: 'fd00::7' }), tcp({ srcPort: 80, dstPort: 4000, flags: 'SA' })]))),
  ],
  'A flow stays where it is while it lives.': [
    send('egress', [link, ...opened], passed(by4('10.0.0.1', opened, 0xb8))),
    { backends: [{ address: '10.0.0.3' }] },
    send('egress', [link, ...more], passed(by4('10.0.0.1', more, 0xb8))), wait(7000),
    send('egress', [link, ...more], passed(by4('10.0.0.1', more, 0xb8))), wait(7441),
    send('egress', [link, ...opened], passed(by4('10.0.0.3', opened, 0xb8))),
  ],
  'What is too big with its tunnel is dropped by name.': [send('egress', large(1480), passed(by4('10.0.0.1', large(1480).slice(1)))), send('egress', large(1481), dropped('too-big'))],
  'A service without backends drops what is for it.': [send('egress', [link, ipv4({ src: '10.1.0.7', dst: '10.9.0.2' }), tcp({ srcPort: 1, dstPort: 80, flags: 'S' })], dropped('no-backend'))],
  'Everything else passes as it is.': [
    send('egress', [link, ipv4({ src: '10.1.0.7', dst: '10.9.0.1' }), tcp({ srcPort: 1, dstPort: 81, flags: 'S' })], passed()),
    send('egress', [link, arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: '10.1.0.7', targetIp: '10.9.0.1' })], passed()),
  ],
});
