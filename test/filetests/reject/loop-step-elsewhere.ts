// filetest: reject
// The counter is another one.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let j: u32 = 0; for (let i = 0; i < 8; j++) { } return j; } // error IOV5006@44: The loop has no proven bound: its step is not `i++`, or `i += 2` by a 

export default module(() => drop('end'));
