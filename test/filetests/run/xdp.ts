// filetest: run
// XDP: checksums by plain stores, room at the start and the end.
import { drop, Eth, Ipv4, L4, Ports, reply, u8, xdp } from 'iovisor/module';

export default xdp(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('no-ipv4');
  ip.rewrite({ src: ip.dst, dst: ip.src + 1, ttl: u8(ip.ttl - 1) }, ip.payload(L4));
  ip.payload(Ports)?.rewrite({ dstPort: 53 });
  const { ttl } = ip;
  if (ttl === 19) pkt.trim(pkt.length + 4 & 0xffff);
  if (ttl === 29) pkt.insert(eth, 4);
  if (ttl === 39) pkt.remove(eth, 20);
  return reply();
});

// run: send('main', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.2', dst: '10.0.0.2', ttl: 63 }), udp({ srcPort: 1, dstPort: 53 }), data('hello')]))
// run: send('main', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2, checksum: 0 }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.2', dst: '10.0.0.2', ttl: 63 }), udp({ srcPort: 1, dstPort: 53, checksum: 0 }), data('hello')]))
// run: send('main', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.2', dst: '10.0.0.2', ttl: 63 }), tcp({ srcPort: 1, dstPort: 53, flags: 'S' })]))
// run: send('main', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 30 }), icmp({ type: 8 })], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('00000000'), ipv4({ src: '10.0.0.2', dst: '10.0.0.2', ttl: 29 }), icmp({ type: 8 })]))
// run: send('main', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 40 }), icmp({ type: 8 }), data(30)], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), icmp({ type: 8 }), data(30)]))
// run: send('main', [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', ttl: 20 }), icmp({ type: 8 })], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('4500001c 00000000 130193de 0a000002 0a000002 0800f7ff 00000000 00000000')]))
