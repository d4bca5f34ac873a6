// filetest: reject
import { drop, module, u32 } from 'iovisor/module';

const a: u32 = b;
const b: u32 = a; // error IOV2028@16: in a circle

export default module(() => drop('end'));
