// filetest: reject
// A map for each packet.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export function f(): boolean { const make = () => new HashMap<u32, u32>(4); return make() !== undefined; } // error IOV4001@51: A map is made in a function

export default module(() => drop('end'));
