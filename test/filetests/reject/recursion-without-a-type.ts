// filetest: reject
// The type of the result is its own result's.
import { drop, module, type u32 } from 'iovisor/module';

export function f(n: u32) { return f(n); } // error IOV5012@36: The type of the result must be written

export default module(() => drop('end'));
