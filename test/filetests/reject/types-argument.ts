// filetest: reject
// An argument of another type.
import { drop, module, port, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
function portOf(place: Place): u16 { return place.port; }
export function f(port: u16): u16 { return portOf(port); } // error IOV2004@51: u16 where Place is needed

export default module(() => drop('end'));
