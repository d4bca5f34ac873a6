// filetest: reject
// A map is a constant.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export function f(): void { seen = seen; } // error IOV2017@29: 'seen' cannot be assigned

export default module(() => drop('end'));
