// filetest: reject
// range is not a list.
import { drop, module, range, type u32 } from 'iovisor/module';

export function f(n: u32): void { const all = range(n, 8); } // error IOV1009@47: 'range' here is not in the module language

export default module(() => drop('end'));
