// filetest: reject
// A parameter hides the map.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const limits = new HashMap<u32, u32>(16);
export function f(limits: u32): void { limits.set(1, 2); } // error IOV2013@47: u32 has no 'set'

export default module(() => drop('end'));
