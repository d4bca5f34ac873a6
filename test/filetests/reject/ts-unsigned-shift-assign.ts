// filetest: reject
// A compound assignment of logic.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { let y: u32 = x; y ||= 3; return y; } // error IOV1009@50: '||=' is not in the module language

export default module(() => drop('end'));
