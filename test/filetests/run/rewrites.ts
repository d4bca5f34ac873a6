// filetest: run
// Several rewrites of one packet: their checksums are made together, and nobody can tell.
import { AnyIcmp, Eth, Header, Ipv4, L4, Ports, Tcp, Udp, drop, ipv4, module, range, reply, u16, type be16 } from 'iovisor/module';

class AfterPorts extends Header {
  length: be16 = 0;
  checksum: be16 = 0;
}

function moved(ip: Ipv4, port: u16): void {
  ip.rewrite({ src: ipv4('192.0.2.1') }, ip.payload(L4));
  ip.payload(Ports)?.rewrite({ srcPort: port });
  ip.rewrite({ dst: ipv4('192.0.2.2') }, ip.payload(L4));
}

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('no-ipv4');
  if (pkt.port === 1) moved(ip, 53);
  // A header that is asked for and is not there is no header without a checksum.
  if (pkt.port === 2) {
    ip.payload(Ports)?.rewrite({ srcPort: 9 });
    ip.rewrite({ dst: ipv4('192.0.2.2') }, ip.payload(Tcp));
    ip.payload(Ports)?.rewrite({ dstPort: 9 });
  }
  if (pkt.port === 3) {
    const udp = ip.payload(Udp);
    udp?.rewrite({ dstPort: 53 });
    const after = ip.payload(Ports)?.payload(AfterPorts);
    if (after) udp?.rewrite({ srcPort: after.checksum });
  }
  if (pkt.port === 4) {
    for (const i of range(20, 20)) {
      ip.payload(Udp)?.rewrite({ srcPort: u16(i) });
      ip.payload(Udp)?.rewrite({ dstPort: u16(i) });
    }
  }
  if (pkt.port === 5) {
    ip.payload(AnyIcmp)?.rewrite({ id: 7 });
    ip.rewrite({ src: ip.dst, dst: ip.src }, ip.payload(L4));
    ip.payload(AnyIcmp)?.rewrite({ seq: 8 });
  }
  return reply();
});

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '192.0.2.1', dst: '192.0.2.2' }), udp({ srcPort: 53, dstPort: 2 }), data('hello')]))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2, checksum: 0 }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '192.0.2.1', dst: '192.0.2.2' }), udp({ srcPort: 53, dstPort: 2, checksum: 0 }), data('hello')]))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '192.0.2.1', dst: '192.0.2.2' }), tcp({ srcPort: 53, dstPort: 2, flags: 'S' })]))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 8, id: 3, seq: 4 }), data('ping')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '192.0.2.1', dst: '192.0.2.2' }), icmp({ type: 8, id: 3, seq: 4 }), data('ping')]))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '192.0.2.2' }), tcp({ srcPort: 9, dstPort: 9, flags: 'S' })]))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 42953, dstPort: 53 }), data('hello')]))
// run: send(4, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('hello')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 19, dstPort: 19 }), data('hello')]))
// run: send(5, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), icmp({ type: 8, id: 3, seq: 4 }), data('ping')], replied([eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.2', dst: '10.0.0.1' }), icmp({ type: 8, id: 7, seq: 8 }), data('ping')]))
