import { arp, bytes, cases, data, dropped, eth, icmp, icmpv6, ipv4, ipv6, neighbor, replied, send, to, udp, type Frame } from 'iovisor/packets';
import type * as uplink from './uplink.ts';

const device = '02:00:00:00:00:0d';
const next = '02:00:00:00:00:0e';
const router = '06:00:00:00:00:01';
const us6bytes = '20010db8000000000000000000000002';
const none = '00:00:00:00:00:00';
const us = '198.51.100.2', us6 = '2001:db8::2';
/** `theirs`: another server speaks for it; `one`: a workload has it, one-to-one. */
const theirs = '198.51.100.4', one = '198.51.100.5';
const far = '198.51.100.1', far6 = '2001:db8::1';
const inside = 0;
const outside = 1;
const tunnel = 7;

const given = { settings: { router }, addresses: [[us, 3], [us6, 3], [theirs, 2], [one, 1]] } as const;
const datagram = (dst: string, src: string): Frame => [eth({ dst, src }), ipv4({ src: '10.1.0.2', dst: '203.0.113.9' }), udp({ srcPort: 1000, dstPort: 53 }), data('question')];
const question = (target: string): Frame => [eth({ dst: device, src: next }), arp({ op: 'request', senderMac: next, senderIp: far, targetIp: target })];
const solicit = (src: string, target: string): Frame => [eth({ dst: device, src: next }), ipv6({ src, dst: 'ff02::1:ff00:2', hopLimit: 255 }), icmpv6({ type: 135 }), neighbor({ target, option: 1, mac: next })];

export default cases<typeof uplink>(given, {
  'What leaves has no destination MAC: the next hop is found behind it.': [send(inside, datagram(router, router), to(outside, datagram(none, router)))],
  'Answers of the router to who is outside, too.': [send(inside, datagram(next, router), to(outside, datagram(none, router)))],
  'From other servers too.': [send(tunnel, datagram(router, router), to(outside, datagram(none, router)))],
  'What comes goes to the router.': [send(outside, datagram(device, next), to(inside, datagram(router, router)))],
  'Who asks for one of its addresses by ARP is told the MAC of the device.': [
    send(outside, question(us), replied([eth({ dst: next, src: device }), arp({ op: 'reply', senderMac: device, senderIp: us, targetMac: next, targetIp: far })])),
  ],
  'For addresses of the networks behind it nobody is told.': [send(outside, question('10.1.0.2'), dropped('no-address-of-ours'))],
  'And by neighbour discovery.': [
    send(outside, solicit(far6, us6), replied([eth({ dst: next, src: device }), ipv6({ src: us6, dst: far6, hopLimit: 255 }), icmpv6({ type: 136, id: 0x6000 }), neighbor({ target: us6, option: 2, mac: device })])),
  ],
  'Who asks without saying its own MAC is answered too, and who looks for duplicates learns that there is one (RFC 4862).': [
    send(outside, [eth({ dst: device, src: next }), ipv6({ src: far6, dst: us6, hopLimit: 255 }), icmpv6({ type: 135 }), bytes(us6bytes)], replied([eth({ dst: next, src: device }), ipv6({ src: us6, dst: far6, hopLimit: 255 }), icmpv6({ type: 136, id: 0x6000 }), neighbor({ target: us6, option: 2, mac: device })])),
    send(outside, [eth({ dst: device, src: next }), ipv6({ src: '::', dst: 'ff02::1:ff00:2', hopLimit: 255 }), icmpv6({ type: 135 }), bytes(us6bytes)], replied([eth({ dst: '33:33:00:00:00:01', src: device }), ipv6({ src: us6, dst: 'ff02::1', hopLimit: 255 }), icmpv6({ type: 136, id: 0x2000 }), neighbor({ target: us6, option: 2, mac: device })])),
  ],
  'For an address that another server speaks for nobody is told; what is sent to it all the same is taken, pings too.': [
    send(outside, question(theirs), dropped('no-address-of-ours')),
    send(outside, [eth({ dst: device, src: next }), ipv4({ src: far, dst: theirs }), icmp({ type: 8, id: 7, seq: 1 }), data('x')], replied([eth({ dst: next, src: device }), ipv4({ src: theirs, dst: far }), icmp({ type: 0, id: 7, seq: 1 }), data('x')])),
  ],
  'A ping of an address that a workload has one-to-one is the workload\'s to answer.': [
    send(outside, question(one), replied([eth({ dst: next, src: device }), arp({ op: 'reply', senderMac: device, senderIp: one, targetMac: next, targetIp: far })])),
    send(outside, [eth({ dst: device, src: next }), ipv4({ src: far, dst: one }), icmp({ type: 8, id: 7, seq: 1 }), data('x')], to(inside, [eth({ dst: router, src: router }), ipv4({ src: far, dst: one }), icmp({ type: 8, id: 7, seq: 1 }), data('x')])),
  ],
  'What goes another way than the usual leaves by another port: it is in the destination MAC.': [
    send(inside, datagram('06:69:6f:76:00:03', router), to(3, datagram(none, router))),
    send(tunnel, datagram('06:69:6f:76:00:02', router), to(2, datagram(none, router))),
  ],
  'Its addresses answer to ping.': [
    send(outside, [eth({ dst: device, src: next }), ipv4({ src: far, dst: us }), icmp({ type: 8, id: 7, seq: 1 }), data('x')], replied([eth({ dst: next, src: device }), ipv4({ src: us, dst: far }), icmp({ type: 0, id: 7, seq: 1 }), data('x')])),
  ],
  'Echo replies are for who asked.': [
    send(outside, [eth({ dst: device, src: next }), ipv4({ src: far, dst: us }), icmp({ type: 0, id: 7, seq: 1 }), data('x')], to(inside, [eth({ dst: router, src: router }), ipv4({ src: far, dst: us }), icmp({ type: 0, id: 7, seq: 1 }), data('x')])),
  ],
  'What comes from an address that nobody has is not let in (RFC 1812 5.3.7).': [
    ...['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255'].map(src => send(outside, [eth({ dst: device, src: next }), ipv4({ src, dst: us }), icmp({ type: 8, id: 7, seq: 1 }), data('x')], dropped('martian-source'))),
    ...['::', '::1', 'ff02::1'].map(src => send(outside, [eth({ dst: device, src: next }), ipv6({ src, dst: us6 }), icmpv6({ type: 128, id: 7, seq: 1 }), data('x')], dropped('martian-source'))),
  ],
  'Only IP leaves.': [send(inside, [eth({ dst: router, src: router, type: 0x88b5 }), data('what')], dropped('not-ip'))],
});
