// filetest: reject
import { drop, HashMap, module, seconds, u32 } from 'iovisor/module';

const none = new HashMap<u32, u32>(0); // error IOV4002@36: 0
const huge = new HashMap<u32, u32>(100_000_000); // error IOV4002@36
const some = new HashMap<u32, u32>(seconds()); // error IOV2022@36

export default module(() => drop('end'));
