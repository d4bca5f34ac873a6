// filetest: reject
// A field is given a value of another type.
import { Mac, drop, module, port, type u16 } from 'iovisor/module';

class Place { port: u16 = 0; station: Mac = Mac.zero }
export function f(port: u16): Place { return { port, station: port }; } // error IOV2004@63: u16 where Mac is needed

export default module(() => drop('end'));
