// filetest: reject
// An object that may not be there is taken apart.
import { HashMap, drop, module, port, type u16, type u32 } from 'iovisor/module';

class Place { port: u16 = 0 }
export const places = new HashMap<u32, Place>(16);
export function f(): u16 { const { port } = places.get(0); return port; } // error IOV2009@45: 'places.get(0)' may be undefined

export default module(() => drop('end'));
