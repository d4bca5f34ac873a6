// filetest: reject
// u64 and u32 in one product.
import { drop, module, type u32, type u64 } from 'iovisor/module';

export function cost(packets: u32, nsPerPacket: u64): u64 { return packets * nsPerPacket; } // error IOV2008@68: u32 and u64 are mixed

export default module(() => drop('end'));
