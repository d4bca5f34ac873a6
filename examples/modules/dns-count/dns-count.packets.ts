import { cases, data, dns, eth, ipv4, ipv6, passed, send, tcp, udp } from 'iovisor/packets';
import type * as count from './dns-count.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const question = [udp({ srcPort: 4000, dstPort: 53 }), dns({ id: 1, name: 'example.net' })];

/** Everything passes; what is counted is for `iov` to show. */
export default cases<typeof count>({}, {
  'Requests pass, of both families.': [
    send('egress', [link, ipv4({ src: '10.0.0.7', dst: '9.9.9.9' }), ...question], passed()),
    send('egress', [link, ipv4({ src: '10.0.0.7', dst: '9.9.9.9' }), ...question], passed()),
    send('egress', [link, ipv6({ src: 'fd00::7', dst: 'fd00::53' }), ...question], passed()),
  ],
  'Answers pass, whatever their code.': [0, 3, 5, 15].map(code =>
    send('ingress', [link, ipv4({ src: '9.9.9.9', dst: '10.0.0.7' }), udp({ srcPort: 53, dstPort: 4000 }), dns({ id: 1, flags: 0x8180 | code, name: 'example.net' })], passed())),
  'So does what only looks like DNS.': [
    send('egress', [link, ipv4({ src: '10.0.0.7', dst: '9.9.9.9' }), udp({ srcPort: 1, dstPort: 53 }), data(3)], passed()),
    send('ingress', [link, ipv4({ src: '9.9.9.9', dst: '10.0.0.7' }), udp({ srcPort: 53, dstPort: 1 }), data(3)], passed()),
    send('egress', [link, ipv4({ src: '10.0.0.7', dst: '9.9.9.9' }), tcp({ srcPort: 1, dstPort: 53, flags: 'S' })], passed()),
  ],
});
