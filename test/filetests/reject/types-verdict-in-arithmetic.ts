// filetest: reject
// A verdict is no number.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { return drop('no') + 1; } // error IOV2010@35: '+' does not work on a verdict

export default module(() => drop('end'));
