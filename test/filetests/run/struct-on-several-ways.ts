// filetest: run
// A struct that is made on ways of several headers has one identity where they meet: a method called there changes the variable.
import { Eth, Ip, drop, max, module, to, u16, u32 } from 'iovisor/module';
class Tally {
  count: u32 = 0;
  bytes: u32 = 10;
  add(bytes: u32, count: u32 = 1): void { this.count += count; this.bytes += bytes; }
}
export default module(pkt => {
  const eth = pkt.at(Eth);
  const h5 = eth.tryPayload(Ip);
  if (!h5) return drop('one');
  const s10: Tally = new Tally();
  s10.add(max(u32(h5.isFragment), u32(1)));
  return to(u16(s10.count));
});
// run: send(5, [bytes('019d6a41b4c40200000000010800455200442e694000cd1167810a000000ed03206900073b760030c6f41c96b4ead3e128797de02296007ec5492f876144c3f2d8171af2b318b1bb03106314f9a65fa1458c')], to(1))
