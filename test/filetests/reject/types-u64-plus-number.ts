// filetest: reject
// A plain number added to a u64.
import { drop, module, type u64 } from 'iovisor/module';

export function f(at: u64): u64 { return at + 1; } // error IOV2008@42: u64 and u32 are mixed

export default module(() => drop('end'));
