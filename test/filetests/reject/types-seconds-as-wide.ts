// filetest: reject
// seconds() is a u32.
import { drop, module, seconds, type u64 } from 'iovisor/module';

export const started: u64 = 0n;
export function f(): u64 { return seconds() - started; } // error IOV2008@35: u32 and u64 are mixed

export default module(() => drop('end'));
