// filetest: reject
// Counted down.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let sum: u32 = 0; for (let i = 8; i > 0; i--) sum += i; return sum; } // error IOV5006@46: The loop has no proven bound: its condition is not `i < …` or `i <= …`

export default module(() => drop('end'));
