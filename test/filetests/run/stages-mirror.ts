// filetest: run
// A stage that makes a copy on its way, which is a call of a function, and jumps on.
import { Eth, Ip, Udp, drop, mirror, module, stage, to } from 'iovisor/module';

export default module(pkt => {
  pkt.at(Eth).payload(Ip)?.payload(Udp)?.rewrite({ dstPort: 8 });
  return copied(pkt);
});

const copied = stage(pkt => {
  mirror(3);
  if (pkt.length > 100) return long(pkt);
  pkt.at(Eth).payload(Ip)?.payload(Udp)?.rewrite({ srcPort: 9 });
  return to(8);
});

const long = stage(() => drop('long'));

// run: send(8, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')], [mirrored(3, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 8 }), data('x')]), to(8, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 9, dstPort: 8 }), data('x')])])
// run: send(8, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 8 }), data(80)], [mirrored(3), dropped('long')])
