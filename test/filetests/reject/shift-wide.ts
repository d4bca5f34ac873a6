// filetest: reject
// A shift of 64 bits by 64.
import { drop, module, type u64 } from 'iovisor/module';

export function f(x: u64): u64 { return x << 64n; } // error IOV2005@46: 64 is not in the range of a shift of 64 bits

export default module(() => drop('end'));
