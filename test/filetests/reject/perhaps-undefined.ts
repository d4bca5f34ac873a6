// filetest: reject
import { drop, HashMap, Mac, module, u16, u64 } from 'iovisor/module';

class Place { port: u16 = 0; at: u64 = 0n }
const places = new HashMap<Mac, Place>(16);
const ports = new HashMap<Mac, u16>(16);
export function f(who: Mac): u16 { return places.get(who).port; } // error IOV2009@43: may be undefined
export function g(who: Mac): u16 { return ports.get(who) + 1; } // error IOV2009@43
export function h(who: Mac): u16 { return ports.get(who); } // error IOV2009@43
export function i(who: Mac): u16 {
  const place = places.get(who);
  if (!place) return 0;
  return place.port;
}
export function j(who: Mac): u16 { return places.get(who)?.port ?? 0; }
export function k(who: Mac): boolean { return ports.get(who) < 3; } // error IOV2009@47

export default module(() => drop('end'));
