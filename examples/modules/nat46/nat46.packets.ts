import { cases, cut, data, dropped, eth, hopByHop, icmp, icmpv6, ipv4, ipv6, send, tcp, to, udp, type Layer } from 'iovisor/packets';
import type * as nat46 from './nat46.ts';

const mac = (last: number): string => `02:00:00:00:00:0${last}`;
const four = 0;
const six = 1;
const given = {
  outward: [['192.0.2.80', 'fd00::80']],
  inward: [['fd00::80', '192.0.2.80']],
  settings: { four: { mac: mac(4), gateway: mac(5) }, six: { mac: mac(6), gateway: mac(7) } },
} as const;

const from4 = (fields: Partial<Parameters<typeof ipv4>[0]> = {}): Layer[] => [eth({ dst: mac(4), src: mac(5) }), ipv4({ src: '10.0.0.7', dst: '192.0.2.80', ...fields })];
const to6 = (fields: Partial<Parameters<typeof ipv6>[0]> = {}): Layer[] => [eth({ dst: mac(7), src: mac(6) }), ipv6({ src: '64:ff9b::10.0.0.7', dst: 'fd00::80', hopLimit: 63, ...fields })];
const from6 = (fields: Partial<Parameters<typeof ipv6>[0]> = {}): Layer[] => [eth({ dst: mac(6), src: mac(7) }), ipv6({ src: 'fd00::80', dst: '64:ff9b::10.0.0.7', ...fields })];
const to4 = (fields: Partial<Parameters<typeof ipv4>[0]> = {}): Layer[] => [eth({ dst: mac(5), src: mac(4) }), ipv4({ src: '192.0.2.80', dst: '10.0.0.7', ttl: 63, frag: 0x4000, ...fields })];
const segment = (content: string): Layer[] => [tcp({ srcPort: 4000, dstPort: 80, flags: 'SA', seq: 7 }), data(content)];

export default cases<typeof nat46>(given, {
  'TCP, both ways, of any length.': ['', 'a', 'ab', 'abc', 'a longer text'].flatMap(content => [
    send(four, [...from4(), ...segment(content)], to(six, [...to6(), ...segment(content)])),
    send(six, [...from6(), ...segment(content)], to(four, [...to4(), ...segment(content)])),
  ]),
  'UDP, both ways.': ['', 'a', 'ab', 'abc', 'a longer text'].flatMap(content => [
    send(four, [...from4(), udp({ srcPort: 1, dstPort: 2 }), data(content)], to(six, [...to6(), udp({ srcPort: 1, dstPort: 2 }), data(content)])),
    send(six, [...from6(), udp({ srcPort: 1, dstPort: 2 }), data(content)], to(four, [...to4(), udp({ srcPort: 1, dstPort: 2 }), data(content)])),
  ]),
  'A datagram without a checksum gets one: IPv6 wants it.': [
    send(four, [...from4(), udp({ srcPort: 1, dstPort: 2, checksum: 0 }), data('x')], to(six, [...to6(), udp({ srcPort: 1, dstPort: 2 }), data('x')])),
  ],
  'Ping, both ways.': [
    send(four, [...from4(), icmp({ type: 8, id: 1, seq: 2 }), data('ping!')], to(six, [...to6(), icmpv6({ type: 128, id: 1, seq: 2 }), data('ping!')])),
    send(six, [...from6(), icmpv6({ type: 129, id: 1, seq: 2 }), data('ping!')], to(four, [...to4(), icmp({ type: 0, id: 1, seq: 2 }), data('ping!')])),
  ],
  'The class of traffic stays.': [
    send(four, [...from4({ tos: 0xb8 }), ...segment('x')], to(six, [...to6({ trafficClass: 0xb8 }), ...segment('x')])),
    send(six, [...from6({ trafficClass: 0xb8, flowLabel: 0x12345 }), ...segment('x')], to(four, [...to4({ tos: 0xb8 }), ...segment('x')])),
  ],
  'Big packets too.': [
    send(four, [...from4(), tcp({ srcPort: 1, dstPort: 2, flags: 'A' }), data(1440)], to(six, [...to6(), tcp({ srcPort: 1, dstPort: 2, flags: 'A' }), data(1440)])),
    send(four, [...from4(), udp({ srcPort: 1, dstPort: 2 }), data(1440)], to(six, [...to6(), udp({ srcPort: 1, dstPort: 2 }), data(1440)])),
  ],
  'Who is in no table is not translated.': [
    send(four, [...from4({ dst: '192.0.2.81' }), ...segment('x')], dropped('no-such-service')),
    send(six, [...from6({ src: 'fd00::81' }), ...segment('x')], dropped('no-such-service')),
    send(six, [...from6({ dst: 'fd00::10.0.0.7' }), ...segment('x')], dropped('not-in-the-prefix')),
  ],
  'Nor what has no hops left.': [
    send(four, [...from4({ ttl: 1 }), ...segment('x')], dropped('expired')),
    send(six, [...from6({ hopLimit: 1 }), ...segment('x')], dropped('expired')),
  ],
  'Nor fragments, options, extension headers, and errors.': [
    send(four, [...from4({ frag: 0x2000 }), ...segment('x')], dropped('options-or-fragment')),
    send(four, [...from4({ options: '94040000' }), ...segment('x')], dropped('options-or-fragment')),
    send(six, [...from6(), hopByHop(), ...segment('x')], dropped('extension-headers')),
    send(four, [...from4(), icmp({ type: 3, code: 3 }), cut(28), ...from4().slice(1), ...segment('x')], dropped('not-an-echo')),
  ],
  'Each side speaks its own.': [send(four, [...from6(), ...segment('x')], dropped('not-ip')), send(six, [...from4(), ...segment('x')], dropped('not-ip'))],
});
