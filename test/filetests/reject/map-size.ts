// filetest: reject
// Nobody counts the entries for each packet.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export function f(): u32 { return seen.size; } // error IOV2013@40: A map has no 'size'

export default module(() => drop('end'));
