// filetest: reject
// A shift by less than nothing.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return x << -1; } // error IOV2005@46: -1 is not in the range of a shift of 32 bits

export default module(() => drop('end'));
