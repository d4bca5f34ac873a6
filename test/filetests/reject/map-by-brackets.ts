// filetest: reject
// A map has get and set.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export function f(): u32 { return seen[3]; } // error IOV2010@35: '[ ]' does not work on a map

export default module(() => drop('end'));
