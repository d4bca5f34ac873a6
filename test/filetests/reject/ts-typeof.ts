// filetest: reject
// Types are gone when the program runs.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): boolean { return typeof x === 'number'; } // error IOV1009@45: 'typeof' is not in the module language // error IOV1011@58: Text is not a value

export default module(() => drop('end'));
