// filetest: reject
// The entry may not be there.
import { Eth, HashMap, Mac, drop, module, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
export const places = new HashMap<Mac, Place>(16);
export function f(eth: Eth): u16 { return places.get(eth.src).port; } // error IOV2009@43: 'places.get(eth.src)' may be undefined

export default module(() => drop('end'));
