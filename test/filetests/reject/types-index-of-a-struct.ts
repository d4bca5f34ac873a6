// filetest: reject
// Square brackets on a struct.
import { drop, module, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
export function f(place: Place): u16 { return place[0]; } // error IOV2010@47: '[ ]' does not work on Place

export default module(() => drop('end'));
