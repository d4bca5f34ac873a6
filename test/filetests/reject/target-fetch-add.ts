// filetest: reject
// target: 5.11
// The old value of an addition came with 5.12.
import { HashMap, drop, fetchAdd, module, type u32 } from 'iovisor/module';

class Seen { count: u32 = 0 }
export const all = new HashMap<u32, Seen>(8);
export default module(pkt => {
  const seen = all.get(pkt.port);
  return seen && fetchAdd(seen, 'count', 1) > 3 ? drop('many') : drop('few'); // error IOV6004@18: An atomic operation with a result needs Linux 5.12, and the target is 
});
