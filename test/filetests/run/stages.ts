// filetest: run
// Stages: programs behind the entry, with and without a state, reached on several ways; the state is copied at the jump.
import { ArrayMap, Eth, Ip, Mac, Udp, drop, module, stage, to, type Ip6, type Packet, type Verdict, type u16, type u32, type u64 } from 'iovisor/module';

class Inner { low: u32 = 0; high: u64 = 0n }
class Seen { src: Ip6 = 0n; from: Mac = Mac.zero; inner: Inner = { low: 0, high: 0n }; marks: [u16, u16] = [0, 0]; open: boolean = false }
class Swapped { high: u64 = 0n; low: u32 = 0; src: Ip6 = 0n }
class Hop { count: u32 = 0 }

export const rounds = new ArrayMap<Hop>(1);

export default module(pkt => {
  const eth = pkt.at(Eth);
  if (pkt.port === 8) {
    eth.payload(Ip)?.payload(Udp)?.rewrite({ dstPort: 8 });
    return again(pkt);
  }
  if (pkt.port === 9) return far(pkt, { count: 1 });
  const ip = eth.payload(Ip);
  if (!ip) return other(pkt);
  return transport(pkt, { src: ip.src6, from: eth.src, inner: { low: pkt.length, high: 1n << 40n }, marks: [7, pkt.port], open: true });
});

/** Parses again, and hands over in another form what it was handed. */
const transport = stage((pkt, seen: Seen): Verdict => {
  const udp = pkt.at(Eth).payload(Ip)?.payload(Udp);
  seen.inner.low += 1;
  if (!udp) return seen.open && seen.from !== Mac.zero ? other(pkt) : drop('closed');
  if (udp.dstPort === 53) return end(pkt, { high: seen.inner.high, low: seen.inner.low, src: seen.src });
  return end(pkt, { high: seen.inner.high + 1n, low: seen.marks[0] + seen.marks[1], src: 0n });
});

const end = stage((pkt, swapped: Swapped): Verdict => {
  const { high, low, src } = swapped;
  if (high === 1n << 40n && low === pkt.length + 1 && src === 0xffff_0a00_0001n) return to(53);
  return high === (1n << 40n) + 1n && src === 0n ? to(low & 0xff) : drop('not-handed-over');
});

const other = stage((pkt: Packet) => pkt.length > 60 ? drop('long') : to(1));

/** What is due of checksums was made before the jump. */
const again = stage((pkt): Verdict => {
  pkt.at(Eth).payload(Ip)?.payload(Udp)?.rewrite({ srcPort: 9 });
  return to(8);
});

/** The loop is in one stage. */
const far = stage((pkt, hop: Hop) => {
  const round = rounds.get(0);
  if (!round) return drop('none');
  for (let i = 0; i < 5; i++) round.count += hop.count;
  return round.count === 10 ? other(pkt) : drop('first');
});

// run: send(4, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 53 })], to(53))
// run: send(4, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 54 })], to(11))
// run: send(4, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 54, flags: 'S' })], to(1))
// run: send(4, [eth({ src: '00:00:00:00:00:00', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 54, flags: 'S' })], dropped('closed'))
// run: send(4, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), data(60)], dropped('long'))
// run: send(9, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' })], dropped('first'))
// run: send(9, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' })], to(1))
// run: send(8, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data('x')], to(8, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 9, dstPort: 8 }), data('x')]))
