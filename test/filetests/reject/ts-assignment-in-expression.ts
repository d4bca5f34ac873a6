// filetest: reject
// An assignment inside of an expression.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { let y: u32 = 0; return (y = x) + 1; } // error IOV1009@58: An assignment inside an expression is not in the module language

export default module(() => drop('end'));
