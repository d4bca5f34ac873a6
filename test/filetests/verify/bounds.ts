// filetest: verify
// Bounds checks at variable offsets, after trims and at the end.
import { Eth, Header, Ipv4, Udp, drop, module, to, type be16, type u8 } from 'iovisor/module';

class Tail extends Header { kind: u8 = 0; port: be16 = 0 }

export default module(pkt => {
  const eth = pkt.at(Eth);
  const udp = eth.payload(Ipv4)?.payload(Udp);
  if (!udp) return drop('no-udp');
  const tail = udp.tryPayload(Tail);
  if (!tail) return drop('no-tail');
  tail.port = udp.srcPort;
  return to(tail.kind);
});

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data(2)], dropped('no-tail'))
