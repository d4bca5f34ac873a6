// filetest: run
// The kernel gives a packet that it knows to be in a tunnel no other length at its end (skb_change_tail, skb->encapsulation): longer neither.
import { Eth, Ipv4, drop, ipv4, module } from 'iovisor/module';

export default module(pkt => {
  const eth = pkt.at(Eth);
  const longer = pkt.port === 2;
  const beforehand = pkt.port === 3;
  const both = pkt.port === 4;
  if (beforehand) pkt.trim(64);
  pkt.insert(eth, 20);
  eth.fresh(Ipv4, { src: ipv4('192.0.2.1'), dst: ipv4('192.0.2.2'), protocol: 4 });
  if (both) pkt.remove(eth, 12);
  if (!beforehand) pkt.trim(longer ? 200 : 64);
  return drop('done');
});

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dstPort: 53 })], dropped('trim-refused'))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dstPort: 53 })], dropped('trim-refused'))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dstPort: 53 })], dropped('done'))
// run: send(4, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ dstPort: 53 })], dropped('remove-refused'))
