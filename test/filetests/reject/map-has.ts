// filetest: reject
// There is no has.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export function f(): boolean { return seen.has(3); } // error IOV2013@44: 'seen' has no 'has'

export default module(() => drop('end'));
