import {
  arp, bytes, cases, cut, data, destination, dropped, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, neighbor, passed, routing, send, tcp, udp, wait,
} from 'iovisor/packets';
import type * as firewall from './firewall.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const web = '10.1.0.2';
const client = '10.1.0.9';
const outside = '198.51.100.7';

/** The endpoint is `web`. Anyone may ask it for port 80, group 7 also for 22 and 5432 to 5439; it may ask group 8 for anything, the world for UDP 53. */
const given = {
  members: [[0, { set: 1, closed: 3 }]],
  groups: [['10.1.0.9/32', 7], ['10.1.0.8/32', 8], ['fd00:0:0:1::/64', 7]],
  rules: [
    [{ set: 1, way: 1, group: 0xffff_ffff, protocol: 6, port: 80, bits: 96 }, 1],
    [{ set: 1, way: 1, group: 7, protocol: 6, port: 22, bits: 96 }, 1],
    [{ set: 1, way: 1, group: 7, protocol: 6, port: 5432, bits: 93 }, 1],
    [{ set: 1, way: 1, group: 7, protocol: 1, port: 0, bits: 80 }, 1],
    [{ set: 1, way: 1, group: 7, protocol: 58, port: 0, bits: 80 }, 1],
    [{ set: 1, way: 1, group: 7, protocol: 17, port: 0, bits: 80 }, 1],
    [{ set: 1, way: 2, group: 8, protocol: 0, port: 0, bits: 72 }, 1],
    [{ set: 1, way: 2, group: 0, protocol: 17, port: 53, bits: 96 }, 1],
  ],
} as const;

const inTcp = (flags: string, dstPort = 80, src = outside) => [link, ipv4({ src, dst: web }), tcp({ srcPort: 4000, dstPort, flags }), data('x')];
const outTcp = (flags: string, srcPort = 80, dst = outside) => [link, ipv4({ src: web, dst }), tcp({ srcPort, dstPort: 4000, flags }), data('x')];
const opened = [send('ingress', inTcp('S'), passed()), send('egress', outTcp('SA'), passed()), send('ingress', inTcp('A'), passed())];

const ask = [link, ipv4({ src: web, dst: '9.9.9.9' }), udp({ srcPort: 3333, dstPort: 53 }), data('question')];
const answer = [link, ipv4({ src: '9.9.9.9', dst: web }), udp({ srcPort: 53, dstPort: 3333 }), data('answer')];

const six = { src: 'fd00:0:0:1::9', dst: 'fd00:0:0:2::2' };
const back = { src: six.dst, dst: six.src };

export default cases<typeof firewall>(given, {
  'An endpoint that no policy selects is open, and nothing is kept of it.': [
    { members: [[0, { set: 1, closed: 0 }]] }, send('ingress', inTcp('S', 81), passed()), send('ingress', inTcp('A', 82), passed()),
  ],
  'Who is closed one way only needs no rule the other way, and gets the answers.': [
    { members: [[0, { set: 1, closed: 1 }]] }, send('egress', outTcp('S', 5000), passed()), send('ingress', inTcp('SA', 5000), passed()), send('ingress', inTcp('S', 81), dropped('no-rule')),
  ],
  'The rules of another set do not help.': [{ members: [[0, { set: 2, closed: 3 }]] }, send('ingress', inTcp('S'), dropped('no-rule'))],
  'A rule for everyone opens a port.': [send('ingress', inTcp('S'), passed())],
  'Without a rule nothing comes in.': [
    send('ingress', inTcp('S', 81), dropped('no-rule')),
    send('ingress', [link, ipv4({ src: outside, dst: web }), udp({ srcPort: 1, dstPort: 80 })], dropped('no-rule')),
  ],
  'Nor out.': [send('egress', [link, ipv4({ src: web, dst: outside }), tcp({ srcPort: 5000, dstPort: 443, flags: 'S' })], dropped('no-rule'))],
  'A rule is for the group that has the address.': [
    send('ingress', inTcp('S', 22, client), passed()),
    send('ingress', inTcp('S', 22, outside), dropped('no-rule')),
  ],
  'The group that came with the packet is better than the address.': [
    send('ingress', inTcp('S', 22, '10.9.9.9'), passed(), { sourceGroup: 7 }),
    send('ingress', inTcp('S', 22, client), dropped('no-rule'), { sourceGroup: 5 }),
  ],
  'A prefix of the port is a range.': [
    send('ingress', inTcp('S', 5432, client), passed()),
    send('ingress', inTcp('S', 5439, client), passed()),
    send('ingress', inTcp('S', 5440, client), dropped('no-rule')),
  ],
  'A prefix of the group is all of its protocols.': [
    send('egress', [link, ipv4({ src: web, dst: '10.1.0.8' }), tcp({ srcPort: 1, dstPort: 9, flags: 'S' })], passed()),
    send('egress', [link, ipv4({ src: web, dst: '10.1.0.8' }), icmp({ type: 8, id: 3 })], passed()),
    send('egress', [link, ipv4({ src: web, dst: '10.1.0.8', protocol: 47 }), data('gre')], passed()),
  ],
  'An answer needs no rule.': [...opened],
  'A segment of no connection is not the first of one.': [
    send('ingress', inTcp('A'), dropped('no-connection')),
    send('ingress', inTcp('SA'), dropped('no-connection')),
    send('ingress', inTcp('R'), dropped('no-connection')),
    send('egress', outTcp('SA'), dropped('no-connection')),
  ],
  'A connection that nobody answers is forgotten soon.': [
    send('ingress', inTcp('S'), passed()), wait(31),
    send('egress', outTcp('SA'), dropped('no-connection')),
  ],
  'An open one may be silent for two hours.': [
    ...opened, wait(7000), send('egress', outTcp('A'), passed()), wait(7000), send('ingress', inTcp('A'), passed()), wait(7441),
    send('ingress', inTcp('A'), dropped('no-connection')),
  ],
  'When both ends are done it lives a moment more.': [
    ...opened, send('ingress', inTcp('FA'), passed()), wait(239), send('egress', outTcp('FA'), passed()), wait(9),
    send('ingress', inTcp('A'), passed()), wait(11), send('ingress', inTcp('A'), dropped('no-connection')),
  ],
  'A reset closes, and a forged one does not: who goes on talking opens again.': [
    ...opened, send('ingress', inTcp('R'), passed()), wait(5), send('egress', outTcp('A'), passed()), wait(1000), send('egress', outTcp('A'), passed()),
  ],
  'A closed connection is opened again by its first packet, if a rule allows it.': [
    ...opened, send('ingress', inTcp('FA'), passed()), send('egress', outTcp('FA'), passed()), send('ingress', inTcp('S'), passed()), wait(29),
    send('egress', outTcp('SA'), passed()),
  ],
  'A question by UDP lets its answer in, and nothing else.': [
    send('ingress', answer, dropped('no-rule')),
    send('egress', ask, passed()), send('ingress', answer, passed()),
    send('ingress', [link, ipv4({ src: '9.9.9.9', dst: web }), udp({ srcPort: 53, dstPort: 3334 })], dropped('no-rule')),
  ],
  'A dialogue lives longer than a question.': [
    send('egress', ask, passed()), send('ingress', answer, passed()), wait(299), send('ingress', answer, passed()), wait(299), send('ingress', answer, passed()), wait(301),
    send('ingress', answer, dropped('no-rule')),
  ],
  'An unanswered question is forgotten.': [send('egress', ask, passed()), wait(31), send('ingress', answer, dropped('no-rule'))],
  'Ping is a flow by its identifier.': [
    send('ingress', [link, ipv4({ src: client, dst: web }), icmp({ type: 8, id: 77, seq: 1 })], passed()),
    send('egress', [link, ipv4({ src: web, dst: client }), icmp({ type: 0, id: 77, seq: 1 })], passed()),
    send('egress', [link, ipv4({ src: web, dst: client }), icmp({ type: 0, id: 78, seq: 1 })], dropped('no-rule')),
  ],
  'An ICMP error is let in if what it quotes went out.': [
    send('egress', ask, passed()),
    send('ingress', [link, ipv4({ src: '203.0.113.1', dst: web }), icmp({ type: 3, code: 3 }), cut(28), ...ask.slice(1)], passed()),
    send('ingress', [link, ipv4({ src: '203.0.113.1', dst: web }), icmp({ type: 11 }), cut(28), ...ask.slice(1)], passed()),
    send('ingress', [link, ipv4({ src: '203.0.113.1', dst: web }), icmp({ type: 3, code: 3 }), cut(28), ipv4({ src: web, dst: '9.9.9.8' }), udp({ srcPort: 3333, dstPort: 53 })], dropped('error-of-no-connection')),
  ],
  'An error about what came in may go out.': [
    ...opened,
    send('egress', [link, ipv4({ src: web, dst: outside }), icmp({ type: 3, code: 4 }), cut(28), ...inTcp('A').slice(1)], passed()),
    send('egress', [link, ipv4({ src: web, dst: outside }), icmp({ type: 3, code: 4 }), cut(28), ...inTcp('A', 81).slice(1)], dropped('error-of-no-connection')),
  ],
  'Behind IPv4 options the ports are where the header says.': [
    send('ingress', [link, ipv4({ src: outside, dst: web, options: '94040000 01010100' }), tcp({ srcPort: 4000, dstPort: 80, flags: 'S' })], passed()),
    send('ingress', [link, ipv4({ src: outside, dst: web, options: '00000050 00500050' }), tcp({ srcPort: 4000, dstPort: 81, flags: 'S' })], dropped('no-rule')),
  ],
  'Fragments go the way of the first one.': [
    send('ingress', [link, ipv4({ src: client, dst: web, id: 5, frag: 0x2000 }), udp({ srcPort: 9, dstPort: 9 }), data(16)], passed()),
    send('ingress', [link, ipv4({ src: client, dst: web, id: 5, frag: 0x2003, protocol: 17 }), data(24)], passed()),
    send('ingress', [link, ipv4({ src: client, dst: web, id: 5, frag: 0x0006, protocol: 17 }), data(8)], passed()),
    send('ingress', [link, ipv4({ src: client, dst: web, id: 6, frag: 0x0003, protocol: 17 }), data(8)], dropped('fragment-without-first')),
  ],
  'A first fragment is forgotten.': [
    send('ingress', [link, ipv4({ src: client, dst: web, id: 5, frag: 0x2000 }), udp({ srcPort: 9, dstPort: 9 }), data(16)], passed()), wait(16),
    send('ingress', [link, ipv4({ src: client, dst: web, id: 5, frag: 0x0003, protocol: 17 }), data(8)], dropped('fragment-without-first')),
  ],
  'What looks like ports in a later fragment is data.': [
    send('ingress', [link, ipv4({ src: outside, dst: web, id: 5, frag: 0x0003, protocol: 6 }), bytes('0fa0 0050 00000000 00000000 5002ffff 00000000')], dropped('fragment-without-first')),
  ],
  'IPv6, by the group of a network.': [
    send('ingress', [link, ipv6(six), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], passed()),
    send('egress', [link, ipv6(back), tcp({ srcPort: 22, dstPort: 4000, flags: 'SA' })], passed()),
    send('ingress', [link, ipv6({ ...six, src: 'fd00:0:0:3::9' }), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], dropped('no-rule')),
  ],
  'Extension headers hide nothing.': [
    send('ingress', [link, ipv6(six), hopByHop(), routing({ words: 2 }), destination({ words: 1 }), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], passed()),
    send('egress', [link, ipv6(back), tcp({ srcPort: 22, dstPort: 4000, flags: 'SA' })], passed()),
    send('ingress', [link, ipv6(six), hopByHop(), destination(), tcp({ srcPort: 4000, dstPort: 23, flags: 'S' })], dropped('no-rule')),
  ],
  'Nor does a whole datagram with a fragment header (RFC 6946).': [
    send('ingress', [link, ipv6(six), fragment({ id: 1 }), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], passed()),
    send('ingress', [link, ipv6(six), fragment({ id: 1 }), tcp({ srcPort: 4000, dstPort: 23, flags: 'S' })], dropped('no-rule')),
  ],
  'Too many of them are not followed.': [
    send('ingress', [link, ipv6(six), ...Array.from({ length: 6 }, () => destination()), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], passed()),
    send('ingress', [link, ipv6(six), ...Array.from({ length: 7 }, () => destination()), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], dropped('extension-headers')),
    send('ingress', [link, ipv6(six), destination({ words: 250 }), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], dropped('extension-headers')),
  ],
  'Fragments of IPv6 go the way of the first one.': [
    send('ingress', [link, ipv6(six), fragment({ id: 9, more: true }), udp({ srcPort: 9, dstPort: 9 }), data(16)], passed()),
    send('ingress', [link, ipv6(six), fragment({ id: 9, offset: 24, next: 17 }), data(24)], passed()),
    send('ingress', [link, ipv6(six), fragment({ id: 10, offset: 24, next: 17 }), data(24)], dropped('fragment-without-first')),
    send('ingress', [link, ipv6(six), hopByHop(), fragment({ id: 9, offset: 48, next: 17 }), data(24)], passed()),
  ],
  'Errors of ICMPv6 are of the flow that they quote.': [
    send('ingress', [link, ipv6(six), udp({ srcPort: 5, dstPort: 6 }), data(40)], passed()),
    send('egress', [link, ipv6(back), icmpv6({ type: 1, code: 4 }), ipv6(six), udp({ srcPort: 5, dstPort: 6 }), data(40)], passed()),
    send('egress', [link, ipv6(back), icmpv6({ type: 1, code: 4 }), ipv6(six), destination(), udp({ srcPort: 5, dstPort: 6 })], passed()),
    send('egress', [link, ipv6(back), icmpv6({ type: 1, code: 4 }), ipv6(six), udp({ srcPort: 5, dstPort: 7 })], dropped('error-of-no-connection')),
  ],
  'Ping of IPv6.': [
    send('ingress', [link, ipv6(six), icmpv6({ type: 128, id: 4 })], passed()),
    send('egress', [link, ipv6(back), icmpv6({ type: 129, id: 4 })], passed()),
  ],
  'Neighbour discovery is the link’s own business, but only with a hop limit of 255.': [
    send('ingress', [link, ipv6({ src: 'fd00:0:0:3::9', dst: 'ff02::1:ff00:2', hopLimit: 255 }), icmpv6({ type: 135 }), neighbor({ target: six.dst })], passed()),
    send('ingress', [link, ipv6({ src: 'fd00:0:0:3::9', dst: 'ff02::1:ff00:2', hopLimit: 64 }), icmpv6({ type: 135 }), neighbor({ target: six.dst })], dropped('no-rule')),
  ],
  'So is ARP.': [send('ingress', [link, arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: client, targetIp: web })], passed())],
  'A packet that ends within its headers is short.': [
    send('ingress', [link, ipv4({ src: outside, dst: web, protocol: 6 }), bytes('0fa0 0050 0000')], dropped('short')),
    send('ingress', [link, ipv6({ ...six, next: 0 }), bytes('0600')], dropped('short')),
  ],
});
