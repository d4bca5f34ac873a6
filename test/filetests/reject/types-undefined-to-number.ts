// filetest: reject
// Undefined where a number is needed.
import { drop, module, type u16 } from 'iovisor/module';

export function f(): u16 { return undefined; } // error IOV2004@35: undefined where u16 is needed

export default module(() => drop('end'));
