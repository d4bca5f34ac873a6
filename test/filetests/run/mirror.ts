// filetest: run
// Copies are of the packet as it is then; what was read before is still true behind, and views are good again.
import { Eth, Ip, Udp, drop, mirror, module, port, to } from 'iovisor/module';

export const inside = port();
export const outside = port();
export const watcher = port();

export default module(pkt => {
  const eth = pkt.at(Eth);
  const udp = eth.payload(Ip)?.payload(Udp);
  if (!udp) return drop('not-udp');
  const was = udp.dstPort;
  if (was === 9) mirror(pkt.port);
  mirror(watcher);
  udp.rewrite({ dstPort: 7 });
  if (was > 100) mirror(was);
  if (udp.dstPort !== 7 || udp.srcPort !== 1) return drop('lost');
  return to(was === 9 ? inside : outside);
});
// run: send('inside', [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 8 }), data('hi')], [mirrored(2), to(1, [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 7 }), data('hi')])])
// run: send('outside', [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 9 }), data('hi')], [mirrored(1), mirrored(2), to(0, [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 7 }), data('hi')])])
// run: send('outside', [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 300 }), data('hi')], [mirrored(2), mirrored(300, [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 7 }), data('hi')]), to(1, [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 7 }), data('hi')])])
// run: send('outside', [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' })], dropped('not-udp'))
