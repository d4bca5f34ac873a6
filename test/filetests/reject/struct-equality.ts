// filetest: reject
import { drop, HashMap, Mac, module, u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
const places = new HashMap<Mac, Place>(16);
export function f(a: Mac, b: Mac): boolean { return places.get(a) === places.get(b); } // error IOV2012@53
export function g(a: Place, b: Place): boolean { return a !== b; } // error IOV2012@57

export default module(() => drop('end'));
