// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(x: u32 | undefined): boolean { return x === null; } // error IOV1009@63: 'null'

export default module(() => drop('end'));
