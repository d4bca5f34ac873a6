// filetest: reject
// Types of types.
import { drop, module, type u32 } from 'iovisor/module';

class Seen { a: u32 = 0 }
export function f(x: keyof Seen): u32 { return 1; } // error IOV2003@22: 'keyof Seen' is no type of the module language

export default module(() => drop('end'));
