import { arp, cases, cut, data, dropped, eth, icmp, ipv4, ipv6, passed, send, tcp, udp, wait, type Frame } from 'iovisor/packets';
import control from './maglev.control.ts';
import type * as maglev from './maglev.ts';

const link = eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' });
const given = control({
  backends: [{ name: 'a', address: '10.0.0.1', port: 8080 }, { name: 'b', address: 'fd00::b', port: 8080 }],
  services: [
    { address: '10.9.0.1', port: 80, protocol: 'tcp', backends: ['a'] },
    { address: 'fd00::9', port: 80, protocol: 'tcp', backends: ['b'] },
    { address: '10.9.0.1', port: 53, protocol: 'udp', backends: ['a'] },
    { address: '10.9.0.2', port: 80, protocol: 'tcp', backends: [] },
  ],
});
const out = (dst: string, dstPort: number, flags = 'S'): Frame => [link, ipv4({ src: '10.1.0.7', dst }), tcp({ srcPort: 4000, dstPort, flags }), data('x')];
const back = (src: string, srcPort: number): Frame => [link, ipv4({ src, dst: '10.1.0.7' }), tcp({ srcPort, dstPort: 4000, flags: 'SA' }), data('y')];
const six = (dst: string, dstPort: number): Frame => [link, ipv6({ src: 'fd00::7', dst }), tcp({ srcPort: 4000, dstPort, flags: 'S' })];
const sixBack = (src: string, srcPort: number): Frame => [link, ipv6({ src, dst: 'fd00::7' }), tcp({ srcPort, dstPort: 4000, flags: 'SA' })];

export default cases<typeof maglev>(given, {
  'What is for a service goes to a backend, and its answer comes from the service.': [
    send('egress', out('10.9.0.1', 80), passed(out('10.0.0.1', 8080))),
    send('ingress', back('10.0.0.1', 8080), passed(back('10.9.0.1', 80))),
  ],
  'Of IPv6 too.': [
    send('egress', six('fd00::9', 80), passed(six('fd00::b', 8080))),
    send('ingress', sixBack('fd00::b', 8080), passed(sixBack('fd00::9', 80))),
  ],
  'By UDP.': [
    send('egress', [link, ipv4({ src: '10.1.0.7', dst: '10.9.0.1' }), udp({ srcPort: 1, dstPort: 53 }), data('q')], passed([link, ipv4({ src: '10.1.0.7', dst: '10.0.0.1' }), udp({ srcPort: 1, dstPort: 8080 }), data('q')])),
    send('ingress', [link, ipv4({ src: '10.0.0.1', dst: '10.1.0.7' }), udp({ srcPort: 8080, dstPort: 1 }), data('a')], passed([link, ipv4({ src: '10.9.0.1', dst: '10.1.0.7' }), udp({ srcPort: 53, dstPort: 1 }), data('a')])),
  ],
  'An error about a packet to the backend comes as one about a packet to the service.': [
    send('egress', out('10.9.0.1', 80), passed(out('10.0.0.1', 8080))),
    send('ingress', [link, ipv4({ src: '10.0.0.254', dst: '10.1.0.7' }), icmp({ type: 3, code: 1 }), ...out('10.0.0.1', 8080).slice(1)],
      passed([link, ipv4({ src: '10.9.0.1', dst: '10.1.0.7' }), icmp({ type: 3, code: 1 }), ...out('10.9.0.1', 80).slice(1)])),
    send('ingress', [link, ipv4({ src: '10.0.0.254', dst: '10.1.0.7' }), icmp({ type: 3, code: 1 }), cut(28), ...out('10.0.0.1', 8080).slice(1)],
      passed([link, ipv4({ src: '10.9.0.1', dst: '10.1.0.7' }), icmp({ type: 3, code: 1 }), cut(28), ...out('10.9.0.1', 80).slice(1)])),
  ],
  'A flow stays where it is while it lives.': [
    send('egress', out('10.9.0.1', 80), passed(out('10.0.0.1', 8080))),
    { backends: [{ address: '10.0.0.3', port: 9 }] },
    send('egress', out('10.9.0.1', 80, 'A'), passed(out('10.0.0.1', 8080, 'A'))), wait(7000),
    send('egress', out('10.9.0.1', 80, 'A'), passed(out('10.0.0.1', 8080, 'A'))), wait(7000),
    send('ingress', back('10.0.0.1', 8080), passed(back('10.9.0.1', 80))), wait(441),
    send('egress', out('10.9.0.1', 80), passed(out('10.0.0.3', 9))),
  ],
  'A service without backends drops what is for it.': [send('egress', out('10.9.0.2', 80), dropped('no-backend'))],
  'Everything else passes as it is.': [
    send('egress', out('10.9.0.1', 81), passed()), send('ingress', back('10.0.0.1', 8080), passed()),
    send('egress', [link, arp({ op: 'request', senderMac: '02:00:00:00:00:01', senderIp: '10.1.0.7', targetIp: '10.9.0.1' })], passed()),
  ],
});
