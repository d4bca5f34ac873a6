// examples/modules/ratelimit beside bench/c/ratelimit.c.

import { arp, data, eth, ipv4, ipv6, udp } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Sent, Subject } from '../subject.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const from = (src: string): Sent => ({ entry: 'main', frame: build([link, ipv4({ src, dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')]) });
const six = (src: string): Sent => ({ entry: 'main', frame: build([link, ipv6({ src, dst: 'fd00::2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')]) });
const other: Sent = { entry: 'main', frame: build([link, arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: '10.0.0.1', targetIp: '10.0.0.2' })]) };
const short: Sent = { entry: 'main', frame: build([link, ipv4({ src: '10.0.0.9', dst: '10.0.0.2' }), data('x')]).subarray(0, 30) };

/** So cheap that no source of the bench is ever too fast; so dear that each is after its burst. */
const wide = 'wide';
const narrow = 'narrow';

export const ratelimit: Subject = {
  name: 'ratelimit',
  module: 'examples/modules/ratelimit/ratelimit.ts',
  entries: [{ name: 'main', section: 'xdp' }],
  reasons: ['short', 'too-fast'],
  variants: [
    { name: wide, contents: { settings: { nsPerPacket: 1, burstPackets: 4_000_000_000 } } },
    { name: narrow, contents: { settings: { nsPerPacket: 4_000_000_000, burstPackets: 3 } } },
  ],
  works: [
    { name: 'IPv4 source within its rate', variant: wide, runs: 'many', sent: from('10.0.0.1'), verdict: 'next' },
    { name: 'IPv6 source within its rate', variant: wide, runs: 'many', sent: six('fd00::1'), verdict: 'next' },
    {
      name: 'too fast, dropped', variant: narrow, runs: 'many', before: [1, 2, 3, 4].map(() => from('10.0.0.1')),
      sent: from('10.0.0.1'), verdict: 'drop too-fast',
    },
  ],
  compared: [
    ...['fd00::1', 'fd00::2', 'fd00::3', 'fd00::4'].map(src => ({ variant: narrow, sent: six(src), verdict: 'next' })),
    { variant: narrow, sent: six('fd00::5'), verdict: 'drop too-fast' },
    { variant: narrow, sent: six('fd00:0:0:1::5'), verdict: 'next' },
    { variant: narrow, sent: from('10.0.0.3'), verdict: 'next' },
    { variant: narrow, sent: other, verdict: 'next' },
    { variant: narrow, sent: short, verdict: 'drop short' },
  ],
};
