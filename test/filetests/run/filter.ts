// filetest: run
// A filter: one way given, the other passes.
import { Eth, Ipv4, Tcp, drop, filter, next } from 'iovisor/module';

export default filter({
  state: 'endpoint',
  egress(pkt) {
    const tcp = pkt.at(Eth).payload(Ipv4)?.payload(Tcp);
    return tcp?.dstPort === 22 ? drop('no-ssh') : next();
  },
});

// run: send('egress', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 22, flags: 'S' })], dropped('no-ssh'))
// run: send('egress', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 80, flags: 'S' })], passed())
// run: send('egress', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), arp({ op: 'request', senderMac: '02:00:00:00:00:02', senderIp: '10.0.0.1', targetIp: '10.0.0.2' })], passed())
