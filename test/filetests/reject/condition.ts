// filetest: reject
import { drop, module, u32, type Packet } from 'iovisor/module';

export function f(pkt: Packet): u32 {
  if (pkt) return 1; // error IOV2010@7
  return 2;
}

export default module(() => drop('end'));
