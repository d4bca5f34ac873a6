// filetest: reject
// Two maps of one name.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(16);
export const seen = new HashMap<u32, u32>(32); // error IOV2002@14: 'seen' is declared twice

export default module(() => drop('end'));
