// filetest: run
// A rewrite of the fragment field changes what a later rewrite is told of the transport header; what was due before stays due.
import { Eth, Header, Ip, Ipv4, L4, Ports, checksum, drop, hash, i32, i64, module, now, seconds, to, u128, u16, u32, u64, u8, type be16, type be32 } from 'iovisor/module';
class Probe extends Header { kind: u8 = 0; flags: u8 = 0; id: be16 = 0; seq: be32 = 0; little: u32 = 0; stamp: u64 = 0n; mark: u16 = 0; debt: i32 = 0 }
class Pair { left: u32 = 0; right: be16 = 0; on: boolean = false; far: i64 = 0n }
function pairOf(n: u32): Pair | undefined {
  if ((n & 3) === 0) return undefined;
  return { left: n, right: u16(n >> 8), on: n > 100, far: -i64(n) };
}

export default module(pkt => {
  const eth = pkt.at(Eth);
  const p = pkt.at(Probe, 14);
  const h0 = eth.tryPayload(Ip);
  if (h0) {
    h0.rewrite({ ttl: (i64(h0.length) === i64(h0.isLaterFragment) ? u8(u128(p.seq)) : u8(u8(h0.isLaterFragment) - u8(h0.src6))), dst6: u128(p.stamp) }, h0.payload(Ports));
  }
  let v1: i64 = i64(u64(now() - now() >> 40n) & 0n);
  let v2: u16 = checksum(p, u16(u32(u16(p.seq)) & 63), 64);
  const h3 = eth.tryPayload(Ipv4);
  if (!h3) return eth.src === eth.dst ? to(v2) : drop('four');
  const h4 = eth.payload(Ip);
  if (!h4) return drop('four');
  for (const o6 of h3.options) {
    if (o6.type === 7) break;
    if (o6.type === 250) return drop('seven');
    {
      h3.rewrite({ src: u32(u32(seconds() - seconds() >> 3)), frag: u16(hash(u32(255), u128(u64(now() - now() >> 40n) & 0n))) }, h3.tryPayload(L4));
      h3.rewrite({ src: (pairOf(u32(0)) === undefined ? u32(0) : u32(0)), ttl: u8(0) }, h3.payload(L4));
    }
  }
  let all: u32 = 0;
  all = u32(all * 31) ^ u32(v1 ^ (v1 >> 32n));
  all = u32(all * 31) ^ u32(v2);
  p.seq = all;
  return to(u16(all));
});

// run: send(0, [bytes('02000000000102000000000186dd6cd1f43700402cfffd000000000000000000000000000001fd0000000000000000000000000000013c000001594b09730601000203510705e0975002066f4fa41a700050f2140f28d01596708015fc04590200000191045b0700de06946faf39e287e25868f751b9')], to(16275, [bytes('02000000000102000000000186dd6cd1f43700402cfffd000000000000000000000000000001000000000000000000000000000000003c000001594b09730601000203510705e0975002066f4fa41a700050f2140f28d01596708015fc04560400000191045b0700de06946faf39e287e25868f751b9')]))
// run: send(5, [bytes('02000000000102000000000186dd6accd090002c00fffd000000000000000000000000000000fd000000000000000000000000000000110100000702b4020134032400010100cd480007001c844a1d8d387a6146228378ab808aba4b8d639a97fecc')], to(65535, [bytes('02000000000102000000000186dd6accd090002c0000fd00000000000000000000000000000000000000000000000000000000000000110100000702b4020134032400010100cd480007001c814b1d8d387a6146228378ab808aba4b8d639a97fecc')]))
// run: send(10, [bytes('78073f75020b0200000000010800480400431bcc400051061fa7c0a80101be7136da01010102044064010203c801003500352991df319172559b8006078c16d80000015804c7f20306db1f6227077fd3f5')], to(65535, [bytes('78073f75020b0200000000010800480400430000ffff000624c2000000000101a8c001010102044064010203c801003500352991df319172559b8006078c240c0000015804c7f20306db1f6227077fd3f5')]))
