// filetest: reject
// A local hides the map of the same name.
import { Eth, HashMap, Mac, drop, module, type u16 } from 'iovisor/module';

export const ports = new HashMap<Mac, u16>(16);
export function f(eth: Eth): u16 { const ports: u16 = 3; return ports.get(eth.src) ?? ports; } // error IOV2013@71: u16 has no 'get'

export default module(() => drop('end'));
