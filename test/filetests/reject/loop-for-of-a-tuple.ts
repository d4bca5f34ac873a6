// filetest: reject
// A tuple is gone over by its index.
import { config, drop, module, type u16, type u32 } from 'iovisor/module';

export const settings = config(class { sequence: [u16, u16] = [1, 2]; });
export function f(): u32 { let sum: u32 = 0; for (const x of settings.sequence) sum += x; return sum; } // error IOV2004@62: [u16, u16] where `range(n, most)` or a run of TLVs is needed

export default module(() => drop('end'));
