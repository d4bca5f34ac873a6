import { cases, dropped, eth, ipv4, ipv6, passed, send, tcp, udp, wait, type Frame } from 'iovisor/packets';
import type * as knock from './knock.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const to = (dstPort: number, src = '198.51.100.7', flags = 'S'): Frame => [link, ipv4({ src, dst: '10.0.0.2' }), tcp({ srcPort: 4000, dstPort, flags })];
const knocked = (...ports: number[]) => ports.map(port => send('ingress', to(port), passed()));
const six = (dstPort: number): Frame => [link, ipv6({ src: 'fd00::7', dst: 'fd00::2' }), tcp({ srcPort: 4000, dstPort, flags: 'S' })];

export default cases<typeof knock>({}, {
  'The door is closed.': [send('ingress', to(22), dropped('not-welcome'))],
  'Other doors are open.': [...knocked(80, 443), send('ingress', [link, ipv4({ src: '198.51.100.7', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 22 })], passed())],
  'Who knocks in the right order is let in.': [...knocked(7000, 8000, 9000, 22)],
  'And goes on being let in for a minute.': [...knocked(7000, 8000, 9000, 22), wait(59), ...knocked(22), wait(2), send('ingress', to(22), dropped('not-welcome'))],
  'A wrong knock begins from the start.': [...knocked(7000, 8000, 7001, 9000), send('ingress', to(22), dropped('not-welcome'))],
  'So does a knock out of order.': [...knocked(8000, 7000, 9000), send('ingress', to(22), dropped('not-welcome'))],
  'And who takes too long.': [...knocked(7000, 8000), wait(11), ...knocked(9000), send('ingress', to(22), dropped('not-welcome'))],
  'Another address has to knock for itself.': [...knocked(7000, 8000, 9000), send('ingress', to(22, '198.51.100.8'), dropped('not-welcome'))],
  'A connection that is open is left alone.': [send('ingress', to(22, '198.51.100.7', 'A'), passed())],
  'IPv6 knocks the same way.': [
    send('ingress', six(22), dropped('not-welcome')), ...[7000, 8000, 9000, 22].map(port => send('ingress', six(port), passed())),
  ],
  'The sequence is a setting.': [
    { settings: { guarded: 80, sequence: [1, 2, 3] } }, send('ingress', to(80), dropped('not-welcome')), ...knocked(22, 1, 2, 3, 80),
  ],
});
