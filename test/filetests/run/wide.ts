// filetest: run
// 64 and 128 bits: arithmetic, shifts, comparisons, conversions.
import { Eth, HashMap, Ipv6, config, drop, ipv6, mapped, ipv4, max, module, to, u16, u32, u64, unmapped, type Ip6, type u64 as long } from 'iovisor/module';

export const settings = config(class { net: Ip6 = ipv6('fd00:1::'); big: long = 0xffff_ffff_ffff_fff0n; v4: Ip6 = mapped(ipv4('10.0.0.1')) });
export const known = new HashMap<Ip6, long>(8);

export default module(pkt => {
  const { big, net, v4 } = settings;
  const ip = pkt.at(Eth).payload(Ipv6);
  if (!ip) return drop('no-ipv6');
  switch (pkt.port) {
    case 0: return to(u16(big + 32n));
    case 1: return to(u16(big >> 60n));
    case 2: return to(u16(big / 0x1000_0000_0000_0000n));
    case 3: return ip.src >> 64n === net >> 64n ? to(1) : to(2);
    case 4: return to(u16(unmapped(v4)));
    case 5: return to(u16(u32(ip.dst)));
    case 6: return to(u16(known.get(ip.dst) ?? 3n));
    case 7: return ip.src < ip.dst ? to(1) : to(2);
    case 8: return to(u16(max(big, u64(pkt.port)) % 1000n));
    case 9: return to(u16((ip.src << 16n) >> 112n));
    case 10: return to(u16(ip.src6 + 1n));
    default: return drop('no-such-sum');
  }
});

// given: { known: [['fd00:1::2', 77n]] }
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(16))
// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(15))
// run: send(2, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(15))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(1))
// run: send(3, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:2::1', dst: 'fd00:1::2' }), data(8)], to(2))
// run: send(4, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(1))
// run: send(5, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(2))
// run: send(6, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(77))
// run: send(6, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::3' }), data(8)], to(3))
// run: send(7, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(1))
// run: send(7, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1:0:1::1', dst: 'fd00:1::2' }), data(8)], to(2))
// run: send(8, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(600))
// run: send(9, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(1))
// run: send(10, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: 'fd00:1::1', dst: 'fd00:1::2' }), data(8)], to(2))
