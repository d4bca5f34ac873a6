// filetest: reject
// A shift by all the bits that there are.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return x >> 32; } // error IOV2005@46: 32 is not in the range of a shift of 32 bits

export default module(() => drop('end'));
