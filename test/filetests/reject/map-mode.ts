// filetest: reject
// A mode that is not there.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export function f(): void { seen.set(1, 2, 'always'); } // error IOV2004@44: 'always' where 'new' or 'exists' is needed

export default module(() => drop('end'));
