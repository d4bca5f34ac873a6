// filetest: reject
// Less than nothing.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(-1); // error IOV4002@43: A capacity of -1

export default module(() => drop('end'));
