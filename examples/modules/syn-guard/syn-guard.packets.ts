import { cases, dropped, eth, ipv4, ipv6, passed, send, tcp, udp, type Frame } from 'iovisor/packets';
import type * as guard from './syn-guard.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const syn = (srcPort: number, seq = 1, flags = 'S'): Frame => [link, ipv4({ src: '198.51.100.7', dst: '10.0.0.2' }), tcp({ srcPort, dstPort: 80, flags, seq })];
const six: Frame = [link, ipv6({ src: 'fd00::7', dst: 'fd00::2' }), tcp({ srcPort: 1, dstPort: 80, flags: 'S' })];
const flood = { settings: { nsPerSyn: 4_000_000_000, burstSyns: 2 } };

export default cases<typeof guard>({}, {
  'Slow ones pass.': [send('main', syn(1), passed()), send('main', syn(2), passed()), send('main', six, passed())],
  'In a flood who asks again is let in.': [
    flood, send('main', syn(1), passed()), send('main', syn(2), passed()),
    send('main', syn(3), dropped('asks-the-first-time')), send('main', syn(4), dropped('asks-the-first-time')),
    send('main', syn(3), passed()), send('main', syn(5), dropped('asks-the-first-time')),
  ],
  'It has to be the same request.': [
    flood, send('main', syn(1), passed()), send('main', syn(2), passed()),
    send('main', syn(3, 1), dropped('asks-the-first-time')), send('main', syn(3, 2), dropped('asks-the-first-time')),
  ],
  'IPv6 too.': [
    flood, send('main', syn(1), passed()), send('main', syn(2), passed()),
    send('main', six, dropped('asks-the-first-time')), send('main', six, passed()),
  ],
  'Nothing but SYNs is held up.': [
    flood, send('main', syn(1), passed()), send('main', syn(2), passed()), send('main', syn(3, 1, 'A'), passed()), send('main', syn(3, 1, 'SA'), passed()),
    send('main', [link, ipv4({ src: '198.51.100.7', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 })], passed()),
  ],
});
