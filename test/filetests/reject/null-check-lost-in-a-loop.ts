// filetest: reject
// A round may have taken it away.
import { HashMap, drop, module, range, type u16, type u32 } from 'iovisor/module';

class Place { port: u16 = 0 }
export const places = new HashMap<u32, Place>(16);
export function f(): u32 {
  let place = places.get(0);
  let sum: u32 = 0;
  if (!place) return 0;
  for (const i of range(4, 4)) {
    sum += place.port; // error IOV2009@12: 'place' may be undefined
    place = places.get(i);
  }
  return sum;
}

export default module(() => drop('end'));
