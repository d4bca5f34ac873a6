// filetest: reject
// Arithmetic on a boolean.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { let seen = false; seen++; return seen ? 1 : 0; } // error IOV2010@46: '++' does not work on boolean

export default module(() => drop('end'));
