// filetest: reject
// One of two types.
import { Mac, drop, module, type u32 } from 'iovisor/module';

export function f(x: u32 | Mac): u32 { return 1; } // error IOV2003@22: 'u32 | Mac' is no type of the module language

export default module(() => drop('end'));
