// filetest: reject
// A promise.
import { drop, module, type u32 } from 'iovisor/module';

export function f(): Promise<u32> { return 1; } // error IOV2001@22: Unknown name 'Promise'

export default module(() => drop('end'));
