// filetest: reject
// Names of fields are gone when the program runs.
import { drop, module, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
export function f(place: Place): void { for (const name in place) { } } // error IOV5005@41: 'for … in' has no bound

export default module(() => drop('end'));
