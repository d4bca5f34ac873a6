// filetest: reject
// min of a number and a bigint.
import { drop, min, module, type u32, type u64 } from 'iovisor/module';

export function f(x: u32, y: u64): u64 { return min(y, x); } // error IOV2010@49: 'min' does not work on u64 and u32

export default module(() => drop('end'));
