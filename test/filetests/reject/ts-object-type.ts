// filetest: reject
// A type without a name.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: { a: u32 }): u32 { return x.a; } // error IOV2003@22: '{ a: u32 }' is no type of the module language

export default module(() => drop('end'));
