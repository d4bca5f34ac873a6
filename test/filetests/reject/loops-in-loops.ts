// filetest: reject
// Each loop is bounded, but together they run more often than kernels walk.
import { Eth, Ipv4, Ipv6, drop, module, to, u16, type u32 } from 'iovisor/module';

export default module(pkt => {
  const eth = pkt.at(Eth);
  const ip = eth.payload(Ipv4);
  if (!ip) return drop('not-ip');
  let sum: u32 = 0;
  for (const first of ip.options) {
    for (const second of ip.options) { // error IOV6003@5: loops in loops come to 16384 rounds
      sum += u32(first.type) + second.type;
      if (!eth.payload(Ipv6)) return drop('one');
    }
  }
  return to(u16(sum));
});
