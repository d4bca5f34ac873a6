// filetest: reject
import { drop, ExpiringMap, Mac, module, port, u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
const learned = new ExpiringMap<Mac, Place>(16);
const others = new ExpiringMap<Mac, Place>(16);
export function f(who: Mac): void {
  const place = learned.get(who);
  if (place) learned.keep(place, 30);
  if (place) others.keep(place, 30); // error IOV4005@26: 'others'
  learned.keep({ port: 1 }, 30); // error IOV4005@16: 'learned'
  learned.set(who, { port: 1 }); // error IOV2014@3: takes 3 to 4 arguments
}

export default module(() => drop('end'));
