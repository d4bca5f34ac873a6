// filetest: reject
// A shift count of another width.
import { drop, module, type u32, type u64 } from 'iovisor/module';

export function f(x: u32, n: u64): u32 { return x << n; } // error IOV2008@49: u32 and u64 are mixed

export default module(() => drop('end'));
