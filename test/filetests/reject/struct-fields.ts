// filetest: reject
import { drop, HashMap, Mac, module, port, u16, u64 } from 'iovisor/module';

class Place { port: u16 = 0; at: u64 = 0n }
const places = new HashMap<Mac, Place>(16);
export function f(who: Mac): void {
  places.set(who, { port: 1 }); // error IOV2019@19: 'at' of Place
  places.set(who, { port: 1, at: 0n, age: 3 }); // error IOV2020@38: no field 'age'
  places.set(who, { port: 1, port: 2, at: 0n }); // error IOV2002@30
  places.set(who, { port: 70000, at: 0n }); // error IOV2005@27
}
export function g(place: Place): Place { return { ...place, port: 3 }; }

export default module(() => drop('end'));
