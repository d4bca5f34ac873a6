// filetest: reject
// How many entries?
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export const seen = new HashMap<u32, u32>(); // error IOV2014@21: 'HashMap' takes a capacity, not nothing

export default module(() => drop('end'));
