// filetest: reject
// A Record.
import { drop, module, type u32 } from 'iovisor/module';

export function f(x: Record<u32, u32>): u32 { return 1; } // error IOV2001@22: Unknown name 'Record'

export default module(() => drop('end'));
