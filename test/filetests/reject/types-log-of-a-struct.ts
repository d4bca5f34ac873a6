// filetest: reject
// A log line has integers and addresses.
import { drop, log, module, type u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
export function f(place: Place): void { log`at ${place}`; } // error IOV2010@50: 'log' does not work on Place

export default module(() => drop('end'));
