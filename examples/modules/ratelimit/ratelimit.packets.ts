import { arp, cases, data, dropped, eth, ipv4, ipv6, passed, send, udp, type Frame } from 'iovisor/packets';
import type * as ratelimit from './ratelimit.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const from = (src: string): Frame => [link, ipv4({ src, dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')];
const six = (src: string): Frame => [link, ipv6({ src, dst: 'fd00::2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')];
const pass = (frame: Frame, times: number) => Array.from({ length: times }, () => send('main', frame, passed()));

/** One packet in four seconds: nothing is added while the cases run. */
export default cases<typeof ratelimit>({ settings: { nsPerPacket: 4_000_000_000, burstPackets: 3 } }, {
  'A burst passes, what is behind it is dropped.': [...pass(from('10.0.0.1'), 4), send('main', from('10.0.0.1'), dropped('too-fast'))],
  'Each source has its own.': [...pass(from('10.0.0.1'), 4), ...pass(from('10.0.0.3'), 4), send('main', from('10.0.0.3'), dropped('too-fast'))],
  'A host of IPv6 is its network of 64 bits.': [
    ...pass(six('fd00::1'), 2), ...pass(six('fd00::9'), 2), send('main', six('fd00::1234'), dropped('too-fast')), ...pass(six('fd00:0:0:1::1'), 1),
  ],
  'What is not IP is not counted.': pass([link, arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: '10.0.0.1', targetIp: '10.0.0.2' })], 6),
});
