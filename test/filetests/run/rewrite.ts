// filetest: run
// Fields under checksums: IPv4 and what is behind it, in one rewrite.
import { Eth, Icmp, Ipv4, L4, Mac, Tcp, Udp, drop, ipv4, module, reply } from 'iovisor/module';

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('no-ipv4');
  if (pkt.port === 1) ip.rewrite({ src: ip.dst, dst: ip.src, ttl: ip.ttl - 1 & 0xff }, ip.payload(L4));
  if (pkt.port === 2) ip.payload(Udp)?.rewrite({ dstPort: 53 });
  if (pkt.port === 3) ip.payload(Tcp)?.rewrite({ srcPort: 7, seq: 9 });
  if (pkt.port === 4) ip.payload(Icmp)?.rewrite({ type: 0 });
  if (pkt.port === 5) ip.rewrite({ dst: ipv4('192.0.2.1') }, ip.payload(Udp));
  eth.dst = Mac.broadcast;
  return reply();
});

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.2', dst: '10.0.0.1', ttl: 63 }), udp({ srcPort: 1, dstPort: 2 }), data('hello')]))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.9.9.9' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], replied([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02' }), ipv4({ src: '10.9.9.9', dst: '10.0.0.1', ttl: 63 }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })]))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 53 }), data('hello')]))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'SA', seq: 100000 })], replied([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 7, dstPort: 2, flags: 'SA', seq: 9 })]))
// run: send(4, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 8, id: 3, seq: 4 }), data('ping')], replied([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 0, id: 3, seq: 4 }), data('ping')]))
// run: send(5, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: 'ff:ff:ff:ff:ff:ff', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '192.0.2.1' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')]))
