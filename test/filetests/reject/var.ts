// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

export function f(): u32 { var x = 1; return 2; } // error IOV1009@28: 'var'

export default module(() => drop('end'));
