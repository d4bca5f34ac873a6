// filetest: reject
// A pattern is refused once: the names in it, however deep, are not missed behind it.
import { Eth, drop, filter, next, type u16 } from 'iovisor/module';

class Inner { low: u16 = 1; high: u16 = 2 }
class Outer { inner: Inner = new Inner(); runs: [u16, u16] = [3, 4] }

export default filter({
  egress(pkt) {
    const outer = new Outer();
    const { inner: { low, high = 3 } } = outer; // error IOV1009@13: pattern
    const { runs: [first, ...others] } = outer; // error IOV1009@13: pattern
    return pkt.at(Eth).type === low + high + first + others.length ? drop('sum') : next();
  },
});
