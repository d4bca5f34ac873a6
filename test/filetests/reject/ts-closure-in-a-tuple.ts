// filetest: reject
// Closures in a list.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { const all: [u32, u32] = [() => 1, () => 2]; return all[0]; } // error IOV5011@53: A function is not a value here // error IOV5011@62: A function is not a value here

export default module(() => drop('end'));
