// filetest: reject
// There is no console.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: u32): void { console.log(x); } // error IOV2001@35: Unknown name 'console'

export default module(() => drop('end'));
