// filetest: reject
// A comparison where a number is asked for.
import { drop, module, type u32 } from 'iovisor/module';

export function isLarge(length: u32): u32 { return length > 1500; } // error IOV2004@52: boolean where u32 is needed

export default module(() => drop('end'));
