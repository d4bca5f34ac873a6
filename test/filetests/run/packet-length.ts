// filetest: run
// insert, remove, trim and fresh; checksums from the bytes.
import { checksum, drop, Eth, Header, IpProto, Ipv4, module, reply, Udp, type be16, type u16 } from 'iovisor/module';

class Shim extends Header { label: be16 = 0x1234; sum: be16 = 0 }

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('no-ipv4');
  const { src, dst, length } = ip;
  if (pkt.port === 1) pkt.trim(34);
  if (pkt.port === 4) pkt.trim(60);
  if (pkt.port === 6) pkt.at(Shim, 34).sum = checksum(ip, 20, 20);
  if (pkt.port === 7) pkt.at(Shim, 34).sum = checksum(ip, length, 100);
  if (pkt.port === 5) eth.fresh(Ipv4, { src: dst, dst: src, protocol: IpProto.Udp, length, ttl: 9 }).fresh(Udp, { srcPort: 7, dstPort: 8, length: behind(length) });
  if (pkt.port === 2) pkt.insert(eth, 4);
  if (pkt.port === 3) pkt.remove(eth, 4);
  return reply();
});

function behind(length: u16): u16 {
  return length - 20 & 0xffff;
}

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), cut(20), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), data('hello')]))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('00000000'), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), data('hello')]))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('45004500'), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), data('hello')]))
// run: send(4, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('450000180000000040110000 0a000001 0a000002 00010002')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('450000180000000040110000 0a000001 0a000002 00010002'), data(22)]))
// run: send(5, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello, a longer text than before')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.2', dst: '10.0.0.1', ttl: 9 }), udp({ srcPort: 7, dstPort: 8 }), data('hello, a longer text than before')]))
// run: send(6, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', protocol: 99 }), bytes('1234ffff')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', protocol: 99 }), bytes('12340000')]))
// run: send(7, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', protocol: 99 }), bytes('12340000 01')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', protocol: 99 }), bytes('1234eccb 01')]))
