// filetest: reject
// target: 5.10
// So did every atomic operation but adding.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

class Seen { flags: u32 = 0 }
export const all = new HashMap<u32, Seen>(8);
export default module(pkt => {
  const seen = all.get(pkt.port);
  if (seen) seen.flags |= 4; // error IOV6004@13: An atomic 'or' needs Linux 5.12, and the target is 5.10
  return drop('end');
});
