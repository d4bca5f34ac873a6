// filetest: reject
// What may not be there is spread.
import { HashMap, drop, module, type u16, type u32 } from 'iovisor/module';

class Place { port: u16 = 0; hits: u32 = 0 }
export const places = new HashMap<u32, Place>(16);
export function f(): Place { return { ...places.get(0), port: 3 }; } // error IOV2009@42: 'places.get(0)' may be undefined

export default module(() => drop('end'));
