// filetest: reject
// Two expressions in one.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return (x, 3); } // error IOV1009@42: The comma operator is not in the module language

export default module(() => drop('end'));
