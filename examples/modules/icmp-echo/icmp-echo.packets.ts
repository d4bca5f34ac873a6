import { cases, data, eth, hopByHop, icmp, icmpv6, ipv4, ipv6, passed, replied, send, udp, type Frame } from 'iovisor/packets';
import type * as echo from './icmp-echo.ts';

const there = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const back = eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' });
const ping: Frame = [there, ipv4({ src: '10.0.0.7', dst: '10.9.9.9', ttl: 5 }), icmp({ type: 8, id: 3, seq: 4 }), data('ping')];

export default cases<typeof echo>({ addresses: [['10.9.9.9', 1], ['fd00::9', 1]] }, {
  'Ping is answered.': [send('egress', ping, replied([back, ipv4({ src: '10.9.9.9', dst: '10.0.0.7' }), icmp({ type: 0, id: 3, seq: 4 }), data('ping')]))],
  'Of IPv6 too.': [
    send('egress', [there, ipv6({ src: 'fd00::7', dst: 'fd00::9' }), icmpv6({ type: 128, id: 3, seq: 4 }), data('ping')],
      replied([back, ipv6({ src: 'fd00::9', dst: 'fd00::7' }), icmpv6({ type: 129, id: 3, seq: 4 }), data('ping')])),
    send('egress', [there, ipv6({ src: 'fd00::7', dst: 'fd00::9' }), hopByHop(), icmpv6({ type: 128, id: 3, seq: 4 }), data('ping')],
      replied([back, ipv6({ src: 'fd00::9', dst: 'fd00::7' }), hopByHop(), icmpv6({ type: 129, id: 3, seq: 4 }), data('ping')])),
  ],
  'Options stay.': [
    send('egress', [there, ipv4({ src: '10.0.0.7', dst: '10.9.9.9', options: '94040000' }), icmp({ type: 8, id: 3 })], replied([back, ipv4({ src: '10.9.9.9', dst: '10.0.0.7', options: '94040000' }), icmp({ type: 0, id: 3 })])),
  ],
  'Other addresses are others’.': [send('egress', [there, ipv4({ src: '10.0.0.7', dst: '10.9.9.8' }), icmp({ type: 8, id: 3 })], passed())],
  'Other packets pass.': [
    send('egress', [there, ipv4({ src: '10.0.0.7', dst: '10.9.9.9' }), icmp({ type: 0, id: 3 })], passed()),
    send('egress', [there, ipv4({ src: '10.0.0.7', dst: '10.9.9.9' }), udp({ srcPort: 1, dstPort: 7 })], passed()),
  ],
});
