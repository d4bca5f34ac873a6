// filetest: reject
// An increment inside of an expression.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let y: u32 = 0; return y++; } // error IOV1009@51: An assignment inside an expression is not in the module language

export default module(() => drop('end'));
