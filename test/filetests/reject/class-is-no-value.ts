// filetest: reject
import { drop, Eth, module, u32 } from 'iovisor/module';

export const a = Eth; // error IOV2027@18: 'Eth' is a class
export function f(): u32 { return drop; } // error IOV2027@35

export default module(() => drop('end'));
