// filetest: reject
import { drop, module, now } from 'iovisor/module';

export const a = mising; // error IOV2001@18: Unknown name 'mising'
const missing = 1;
export const b = missing;
export const c = now(); // error IOV2022@18
export const d = Icmpx; // error IOV2001@18

export default module(() => drop('end'));
