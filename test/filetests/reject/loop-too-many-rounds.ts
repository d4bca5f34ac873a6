// filetest: reject
// More rounds than one loop may have.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let sum: u32 = 0; for (let i = 0; i < 100_000; i++) sum += i; return sum; } // error IOV5006@46: The loop has no proven bound: it may run 100000 times, of at most 4096

export default module(() => drop('end'));
