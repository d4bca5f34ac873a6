// filetest: reject
// Importing while running.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { import('iovisor/answer'); return 1; } // error IOV1009@28: An import inside a function is not in the module language

export default module(() => drop('end'));
