// filetest: reject
// Which map it is must be known while compiling.
import { ArrayMap, drop, filter, next, type u32 } from 'iovisor/module';

const low = new ArrayMap<u32>(4);
const high = new ArrayMap<u32>(4);

export default filter({
  egress(pkt) {
    const chosen = pkt.length > 100 ? high : low; // error IOV2034@20: Values that cannot be one
    return chosen.get(1) === 3 ? drop('three') : next();
  },
});
