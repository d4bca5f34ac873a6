import type { Contents } from 'iovisor/control';
import {
  arp, bytes, cases, cut, data, destination, dropped, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, neighbor, passed, replied, routing, send, tcp, udp, wait,
} from 'iovisor/packets';
import control, { type Policy, type Rule, type Tiers } from './firewall.control.ts';
import type * as firewall from './firewall.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const web = '10.1.0.2';
const client = '10.1.0.9';
const outside = '198.51.100.7';

const none = { admin: 0, application: 0, baseline: 0 };
const member = { port: 0, in: { ...none, application: 1 }, out: { ...none, application: 2 } };
const group7 = { identities: [7], cidr: ['10.1.0.9/32', 'fd00:0:0:1::/64'] };

/** The endpoint is `web`. Anyone may ask it for port 80, group 7 also for 22 and 5432 to 5439; it may ask group 8 for anything, the world for UDP 53. */
const policy: Policy = {
  members: [member],
  addresses: [{ address: '10.1.0.8', identity: 8 }],
  sets: [
    { number: 1, closed: true, rules: [
      { action: 'allow', ports: [{ protocol: 'tcp', ports: [80, 80] }], hits: 0 },
      { action: 'allow', ...group7, ports: [{ protocol: 'tcp', ports: [22, 22] }, { protocol: 'tcp', ports: [5432, 5439] }, { protocol: 'icmp' }, { protocol: 'udp' }], hits: 3 },
    ] },
    { number: 2, closed: true, rules: [
      { action: 'allow', identities: [8], hits: 0 },
      { action: 'allow', cidr: ['0.0.0.0/0', '::/0'], ports: [{ protocol: 'udp', ports: [53, 53] }], hits: 0 },
    ] },
  ],
  epoch: { rules: 1, members: 1 },
};
const given = control(policy);
/** The same endpoint with other sets. */
const only = (sets: Partial<Record<'in' | 'out', Partial<Tiers>>>): Contents<typeof firewall> => {
  const { members, unruled } = control({ ...policy, members: [{ port: 0, in: { ...none, ...sets.in }, out: { ...none, ...sets.out } }] });
  return { members: members!, unruled: unruled! };
};
/** Sets that are added, of tiers above and below. */
const also = (number: number, closed: boolean, ...rules: readonly Partial<Rule>[]): Contents<typeof firewall> => {
  const { identities, outside, rules: entries } = control({ ...policy, sets: [{ number, closed, rules: rules.map(rule => ({ action: 'allow', hits: 0, ...rule })) }] });
  return { identities: identities!, outside: outside!, rules: entries! };
};
const everywhere = { in: { admin: 11, application: 1, baseline: 13 }, out: { application: 2 } };

const turned = eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' });
const inTcp = (flags: string, dstPort = 80, src = outside) => [link, ipv4({ src, dst: web }), tcp({ srcPort: 4000, dstPort, flags }), data('x')];
const outTcp = (flags: string, srcPort = 80, dst = outside) => [link, ipv4({ src: web, dst }), tcp({ srcPort, dstPort: 4000, flags }), data('x')];
const opened = [send('ingress', inTcp('S'), passed()), send('egress', outTcp('SA'), passed()), send('ingress', inTcp('A'), passed())];

const ask = [link, ipv4({ src: web, dst: '9.9.9.9' }), udp({ srcPort: 3333, dstPort: 53 }), data('question')];
const answer = [link, ipv4({ src: '9.9.9.9', dst: web }), udp({ srcPort: 53, dstPort: 3333 }), data('answer')];

const six = { src: 'fd00:0:0:1::9', dst: 'fd00:0:0:2::2' };
const back = { src: six.dst, dst: six.src };

export default cases<typeof firewall>(given, {
  'An endpoint that no policy selects is open, and nothing is kept of it.': [
    only({}), send('ingress', inTcp('S', 81), passed()), send('ingress', inTcp('A', 82), passed()),
  ],
  'Who is closed one way only needs no rule the other way, and gets the answers.': [
    only({ in: { application: 1 } }), send('egress', outTcp('S', 5000), passed()), send('ingress', inTcp('SA', 5000), passed()), send('ingress', inTcp('S', 81), dropped('no-rule')),
  ],
  'The rules of another set do not help.': [only({ in: { application: 2 } }), send('ingress', inTcp('S'), dropped('no-rule'))],
  'A rule for everyone opens a port.': [send('ingress', inTcp('S'), passed())],
  'Without a rule nothing comes in.': [
    send('ingress', inTcp('S', 81), dropped('no-rule')),
    send('ingress', [link, ipv4({ src: outside, dst: web }), udp({ srcPort: 1, dstPort: 80 })], dropped('no-rule')),
  ],
  'Nor out.': [send('egress', [link, ipv4({ src: web, dst: outside }), tcp({ srcPort: 5000, dstPort: 443, flags: 'S' })], dropped('no-rule'))],
  'A rule is for who has the address.': [
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
  'A segment of no connection opens none that is not allowed, a reset none at all.': [
    send('ingress', inTcp('A', 23), dropped('no-connection')),
    send('ingress', inTcp('SA'), dropped('no-connection')),
    send('ingress', inTcp('R'), dropped('no-connection')), send('ingress', inTcp('RA'), dropped('no-connection')), send('ingress', inTcp('F'), dropped('no-connection')),
    send('egress', outTcp('A', 23), dropped('no-connection')),
  ],
  'A connection that stood elsewhere goes on, whoever speaks first here, and is one when both have.': [
    send('ingress', inTcp('A'), passed()), wait(29), send('egress', outTcp('A'), passed()), wait(7439), send('ingress', inTcp('A'), passed()), wait(7441),
    send('egress', outTcp('PA'), passed()), wait(29), send('ingress', inTcp('A'), passed()), wait(7439), send('egress', outTcp('A'), passed()),
  ],
  'One that only one end speaks of does not stay.': [
    send('ingress', inTcp('A'), passed()), wait(29), send('ingress', inTcp('A'), passed()), wait(31), send('egress', outTcp('R'), dropped('no-connection')),
  ],
  'A connection that nobody answers is forgotten soon.': [
    send('ingress', inTcp('S'), passed()), wait(31),
    send('egress', outTcp('RA'), dropped('no-connection')),
  ],
  'An open one may be silent for two hours.': [
    ...opened, wait(7000), send('egress', outTcp('A'), passed()), wait(7000), send('ingress', inTcp('A'), passed()), wait(7441),
    send('ingress', inTcp('RA'), dropped('no-connection')),
  ],
  'When both ends are done it lives a moment more.': [
    ...opened, send('ingress', inTcp('FA'), passed()), wait(239), send('egress', outTcp('FA'), passed()), wait(9),
    send('ingress', inTcp('A'), passed()), wait(11), send('ingress', inTcp('RA'), dropped('no-connection')),
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
  'Whoever finds an answer too big may say so: an error has no identity of its own.': [
    send('ingress', inTcp('S', 22), passed(), { sourceGroup: 7 }), send('egress', outTcp('SA', 22), passed()),
    send('ingress', [link, ipv4({ src: outside, dst: web }), icmp({ type: 3, code: 4, seq: 1400 }), cut(28), ...outTcp('A', 22).slice(1)], passed()),
    send('ingress', [link, ipv4({ src: '203.0.113.1', dst: web }), icmp({ type: 3, code: 4, seq: 1400 }), cut(28), ...outTcp('A', 22).slice(1)], passed(), { sourceGroup: 5 }),
  ],
  'An error about what came in may go out.': [
    ...opened,
    send('egress', [link, ipv4({ src: web, dst: outside }), icmp({ type: 3, code: 4 }), cut(28), ...inTcp('A').slice(1)], passed()),
    send('egress', [link, ipv4({ src: web, dst: outside }), icmp({ type: 3, code: 4 }), cut(28), ...inTcp('A', 81).slice(1)], dropped('error-of-no-connection')),
  ],
  'A tier above has the first word, and may leave it to the next.': [
    only(everywhere), also(11, false,
      { action: 'deny', ports: [{ protocol: 'tcp', ports: [80, 80] }], cidr: ['198.51.100.0/24'], except: ['198.51.100.128/25'] },
      { action: 'pass', cidr: ['198.51.100.200/32'] }, { action: 'allow', cidr: ['198.51.100.192/26'] }),
    send('ingress', inTcp('S', 80, '198.51.100.7'), dropped('denied')),
    send('ingress', inTcp('S', 80, '198.51.100.129'), passed()), send('ingress', inTcp('S', 81, '198.51.100.129'), dropped('no-rule')),
    send('ingress', inTcp('S', 81, '198.51.100.201'), passed()), send('ingress', inTcp('S', 81, '198.51.100.200'), dropped('no-rule')),
    send('ingress', inTcp('S', 80, '198.51.101.7'), passed()),
  ],
  'A tier below has the last, where the endpoint is not closed.': [
    only({ in: { baseline: 13 } }), also(13, false, { action: 'deny', ports: [{ protocol: 'tcp', ports: [0, 1023] }] }),
    send('ingress', inTcp('S', 1023), dropped('denied')), send('ingress', inTcp('S', 1024), passed()),
    only({ in: { application: 1, baseline: 13 } }), send('ingress', inTcp('S', 1025), dropped('no-rule')),
  ],
  'Of a rule for some and one for everyone the first decides.': [
    only({ in: { application: 21 } }), also(21, true, { identities: [7], ports: [{ protocol: 'tcp', ports: [80, 80] }] }, { action: 'deny', ports: [{ protocol: 'tcp', ports: [80, 90] }] }, { identities: [7, 9] }),
    send('ingress', inTcp('S', 80), passed(), { sourceGroup: 7 }), send('ingress', inTcp('S', 81), dropped('denied'), { sourceGroup: 7 }),
    send('ingress', inTcp('S', 80, client), dropped('denied'), { sourceGroup: 9 }), send('ingress', inTcp('S', 91), passed(), { sourceGroup: 9 }),
    send('ingress', inTcp('S', 92), dropped('no-rule'), { sourceGroup: 8 }),
  ],
  'All addresses of IPv6 are none of IPv4.': [
    only({ in: { application: 21 } }), also(21, true, { cidr: ['::/0'], ports: [{ protocol: 'tcp' }] }),
    send('ingress', [link, ipv6(six), tcp({ srcPort: 4000, dstPort: 22, flags: 'S' })], passed()), send('ingress', inTcp('S'), dropped('no-rule')),
  ],
  'TCP that is rejected is reset, by the address that it was for.': [
    only(everywhere), also(11, false, { action: 'reject' }),
    send('ingress', [link, ipv4({ src: outside, dst: web }), tcp({ srcPort: 4000, dstPort: 80, flags: 'S', seq: 99 }), data('fast open')],
      replied([turned, ipv4({ src: web, dst: outside }), tcp({ srcPort: 80, dstPort: 4000, flags: 'RA', ackSeq: 109, window: 0 }), data('fast open')])),
    send('ingress', [link, ipv6(six), tcp({ srcPort: 4000, dstPort: 80, flags: 'S', seq: 0xffff_ffff })],
      replied([turned, ipv6(back), tcp({ srcPort: 80, dstPort: 4000, flags: 'RA', ackSeq: 0, window: 0 })])),
  ],
  'All else is told that it is prohibited.': [
    only({ out: { application: 21 } }), also(21, true, { action: 'reject' }),
    send('egress', ask, replied([turned, ipv4({ src: '9.9.9.9', dst: web }), icmp({ type: 3, code: 13 }), cut(28), ...ask.slice(1)])),
    send('egress', [link, ipv6(back), udp({ srcPort: 1, dstPort: 2 }), data('?')], replied([turned, ipv6(six), icmpv6({ type: 1, code: 1 }), cut(48), ipv6(back), udp({ srcPort: 1, dstPort: 2 }), data('?')])),
  ],
  'Only so many are told.': [
    only({ out: { application: 21 } }), also(21, true, { action: 'reject' }), { limits: { nsPerRefusal: 4_000_000_000, burstRefusals: 2 } },
    send('egress', ask, replied([turned, ipv4({ src: '9.9.9.9', dst: web }), icmp({ type: 3, code: 13 }), cut(28), ...ask.slice(1)])),
    send('egress', ask, replied([turned, ipv4({ src: '9.9.9.9', dst: web }), icmp({ type: 3, code: 13 }), cut(28), ...ask.slice(1)])),
    send('egress', ask, dropped('rejected-in-silence')),
  ],
  'When rules change, a connection that none allows any more ends with its next packet, either way.': [
    ...opened, { epoch: { rules: 2, members: 1 } }, send('ingress', inTcp('A'), passed()), send('egress', outTcp('A'), passed()),
    only({ in: { application: 2 } }), send('ingress', inTcp('A'), passed()), { epoch: { rules: 3, members: 1 } },
    send('egress', outTcp('A'), dropped('no-rule')), send('ingress', inTcp('A'), dropped('no-rule')), wait(7000), send('egress', outTcp('A'), dropped('no-rule')), wait(7000), send('egress', outTcp('A'), dropped('no-rule')),
  ],
  'Also where the opener is no more who it was.': [
    send('ingress', inTcp('S', 22), passed(), { sourceGroup: 7 }), send('egress', outTcp('SA', 22), passed()), send('ingress', inTcp('A', 22), passed(), { sourceGroup: 7 }),
    send('ingress', inTcp('A', 22), dropped('no-rule'), { sourceGroup: 8 }), send('egress', outTcp('A', 22), dropped('no-rule')),
  ],
  'An endpoint has so many connections and no more, and those that it has go on.': [
    { limits: { connections: 2 } }, ...opened, send('egress', ask, passed()),
    send('ingress', inTcp('S', 22, client), dropped('connection-limit')), send('egress', outTcp('A'), passed()), send('ingress', answer, passed()),
  ],
  'One that is opened again is one.': [
    { limits: { connections: 1 } }, ...opened, send('ingress', inTcp('FA'), passed()), send('egress', outTcp('FA'), passed()),
    send('ingress', inTcp('S'), passed()), send('egress', outTcp('SA'), passed()), send('egress', ask, dropped('connection-limit')),
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
  'IPv6, by a prefix.': [
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
