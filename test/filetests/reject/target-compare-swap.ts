// filetest: reject
// target: 5.10
// Atomic operations with a result came with 5.12.
import { HashMap, compareSwap, drop, module, type u32, type u64 } from 'iovisor/module';

class Bucket { at: u64 = 0n }
export const buckets = new HashMap<u32, Bucket>(8);
export default module(pkt => {
  const bucket = buckets.get(pkt.port);
  if (bucket && compareSwap(bucket, 'at', 0n, 1n)) return drop('first'); // error IOV6004@17: An atomic operation with a result needs Linux 5.12, and the target is 
  return drop('end');
});
