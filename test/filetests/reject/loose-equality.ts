// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(x: u32): boolean { return x == 1; } // error IOV1009@45: '=='

export default module(() => drop('end'));
