// filetest: reject
// A header's field has a map type.
import { HashMap, Header, drop, module, type u32 } from 'iovisor/module';

class Mine extends Header { a: HashMap<u32, u32> = 0 } // error IOV4003@32: A map cannot be stored

export default module(() => drop('end'));
