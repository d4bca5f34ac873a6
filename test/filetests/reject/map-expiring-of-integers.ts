// filetest: reject
// An entry that ages is a struct.
import { ExpiringMap, Mac, drop, module, type u32 } from 'iovisor/module';

export const seen = new ExpiringMap<Mac, u32>(16); // error IOV2004@21: u32 where a class is needed

export default module(() => drop('end'));
