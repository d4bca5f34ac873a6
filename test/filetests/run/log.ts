// filetest: run
// A log changes nothing, whether anyone listens or not: what it is given is evaluated if that could be seen. The filetests listen.
import { Eth, HashMap, Ip, Udp, drop, log, module, range, to, type Ip6, type i64, type u32, type u128 } from 'iovisor/module';

class Seen { packets: u32 = 0 }
const seen = new HashMap<Ip6, Seen>(16);

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ip);
  log`a frame of ${eth.src} to ${eth.dst}, ${pkt.length} bytes`;
  if (!ip) return drop('not-ip');
  const udp = ip.payload(Udp);
  log`from ${ip.src6} ttl ${ip.ttl} new ${seen.set(ip.src6, { packets: 1 }, 'new')}`;
  if (!udp) return drop('not-udp');
  const negative: i64 = -5n;
  const wide: u128 = 1n << 100n;
  for (const i of range(udp.srcPort, 4)) log`round ${i} of ${udp.srcPort}, ${negative} ${wide} ${ip.isFragment}`;
  log`nothing but text`;
  return seen.get(ip.src6) ? to(udp.dstPort) : drop('unseen');
});
// run: send(1, [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 2, dstPort: 8 }), data('hi')], to(8))
// run: send(1, [eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv6({ src: 'fd00::1', dst: 'fd00::2' }), udp({ srcPort: 1, dstPort: 9 }), data('hi')], to(9))
// logged: a frame of 02:00:00:00:00:01 to 02:00:00:00:00:02, 44 bytes
// logged: from 10.0.0.1 ttl 64 new true
// logged: round 0 of 2, -5 1267650600228229401496703205376 false
// logged: round 1 of 2, -5 1267650600228229401496703205376 false
// logged: nothing but text
// logged: a frame of 02:00:00:00:00:01 to 02:00:00:00:00:02, 64 bytes
// logged: from fd00::1 ttl 64 new true
// logged: round 0 of 1, -5 1267650600228229401496703205376 false
// logged: nothing but text
