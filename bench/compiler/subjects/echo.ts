// examples/modules/icmp-echo beside bench/c/echo.c.

import { arp, data, eth, fragment, hopByHop, icmp, icmpv6, ipv4, ipv6, udp, type Frame } from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Sent, Subject } from '../subject.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const payload = data(56);
const sent = (...frame: Frame): Sent => ({ entry: 'egress', frame: build([link, ...frame]) });
const four = (dst: string, ...rest: Frame): Sent => sent(ipv4({ src: '10.0.0.7', dst, ttl: 5 }), ...rest);
const six = (dst: string, ...rest: Frame): Sent => sent(ipv6({ src: 'fd00::7', dst, hopLimit: 5 }), ...rest);
const ping = icmp({ type: 8, id: 3, seq: 4 });
const ping6 = icmpv6({ type: 128, id: 3, seq: 4 });
const variant = 'usual';

export const echo: Subject = {
  name: 'echo',
  module: 'examples/modules/icmp-echo/icmp-echo.ts',
  entries: [{ name: 'egress', section: 'tc/egress' }],
  reasons: ['short', 'extension-headers'],
  variants: [{ name: variant, contents: { addresses: [['10.9.9.9', 1], ['fd00::9', 1]] } }],
  works: [
    { name: 'ping, answered', variant, runs: 'single', sent: four('10.9.9.9', ping, payload), verdict: 'reply' },
    { name: 'ping by IPv6, answered', variant, runs: 'single', sent: six('fd00::9', ping6, payload), verdict: 'reply' },
    { name: 'ping of another address', variant, runs: 'many', sent: four('10.9.9.8', ping, payload), verdict: 'next' },
    { name: 'ping of another address by IPv6', variant, runs: 'many', sent: six('fd00::8', ping6, payload), verdict: 'next' },
  ],
  compared: [
    { sent: four('10.9.9.9', udp({ srcPort: 1, dstPort: 7 }), payload), verdict: 'next' },
    { sent: six('fd00::9', hopByHop(), ping6, payload), verdict: 'reply' },
    { sent: six('fd00::9', hopByHop(), fragment({ id: 9, more: true }), ping6, payload), verdict: 'reply' },
    { sent: six('fd00::9', fragment({ id: 9, offset: 10 }), data(40)), verdict: 'next' },
    { sent: sent(ipv4({ src: '10.0.0.7', dst: '10.9.9.9', options: '94040000' }), ping), verdict: 'reply' },
    { sent: four('10.9.9.9', icmp({ type: 0, id: 3 })), verdict: 'next' },
    { sent: six('fd00::9', icmpv6({ type: 129, id: 3 })), verdict: 'next' },
    { sent: sent(ipv4({ src: '10.0.0.7', dst: '10.9.9.9', protocol: 1 }), data(4)), verdict: 'drop short' },
    { sent: sent(arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: '10.0.0.1', targetIp: '10.9.9.9' })), verdict: 'next' },
  ].map(one => ({ ...one, variant })),
};
