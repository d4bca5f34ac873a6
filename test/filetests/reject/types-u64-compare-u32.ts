// filetest: reject
// u64 and u32 compared.
import { drop, module, type u32, type u64 } from 'iovisor/module';

export function f(at: u64, limit: u32): boolean { return at > limit; } // error IOV2008@58: u64 and u32 are mixed

export default module(() => drop('end'));
