// filetest: reject
// The object Math.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return Math.floor(x / 2); } // error IOV2001@41: Unknown name 'Math'

export default module(() => drop('end'));
