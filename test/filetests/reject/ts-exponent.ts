// filetest: reject
// There is no power.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return x ** 2; } // error IOV1009@41: '**' is not in the module language

export default module(() => drop('end'));
