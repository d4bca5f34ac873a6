// filetest: reject
// Text in a variable.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { const name = 'eth0'; return 1; } // error IOV1011@41: Text is not a value

export default module(() => drop('end'));
