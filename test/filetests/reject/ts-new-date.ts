// filetest: reject
// Other objects.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): u32 { const d = new Date(); return 1; } // error IOV2001@42: Unknown name 'Date'

export default module(() => drop('end'));
