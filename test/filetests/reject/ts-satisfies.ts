// filetest: reject
// A claim about a type.
import { drop, module, type u16, type u32 } from 'iovisor/module';

export function f(x: u32): u16 { return x satisfies u32; } // error IOV1009@41: A type assertion is not in the module language

export default module(() => drop('end'));
