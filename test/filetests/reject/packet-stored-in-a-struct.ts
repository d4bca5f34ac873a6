// filetest: reject
// A view in a struct.
import { Ipv4, drop, module } from 'iovisor/module';

class Holder { ip: Ipv4 = 0 } // error IOV4003@20: Ipv4 cannot be stored

export default module(() => drop('end'));
