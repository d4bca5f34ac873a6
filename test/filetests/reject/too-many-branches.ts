// filetest: reject
// Each branch whose other way waits is remembered: 8,192 at most.
import { config, drop, module, range, to, type u32 } from 'iovisor/module';

export const settings = config(class { n: u32 = 3 });

export default module(pkt => {
  let sum: u32 = 0;
  for (const i of range(settings.n, 4096)) {
    if (pkt.length === i * 3) sum += 3; // error IOV6006@24: it would have to remember more than 8,192 branches at once
    if (pkt.length === i + 9) sum ^= 7;
    if (pkt.length === i + 1000) sum += 1;
  }
  return sum === 4 ? to(1) : drop('no');
});
