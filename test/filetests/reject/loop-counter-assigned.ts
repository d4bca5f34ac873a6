// filetest: reject
// The body assigns the counter.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let sum: u32 = 0; for (let i = 0; i < 8; i++) { if (sum > 3) i = 0; sum++; } return sum; } // error IOV5013@74: 'i' is the loop's

export default module(() => drop('end'));
