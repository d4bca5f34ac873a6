// filetest: reject
// A counter counts in u32.
import { Counter, drop, module, type u64 } from 'iovisor/module';

export const bytes = new Counter();
export function f(n: u64): void { bytes.add(n); } // error IOV2008@45: u64 and u32 are mixed

export default module(() => drop('end'));
