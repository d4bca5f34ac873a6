// filetest: reject
// Half of it.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): u32 { return x * 1.5; } // error IOV1010@45: A number with a fraction

export default module(() => drop('end'));
