// filetest: reject

import { drop, module } from 'iovisor/module';
export const a = u8(1); // error IOV2001@18: 'u8'
export default module(() => drop('end'));
