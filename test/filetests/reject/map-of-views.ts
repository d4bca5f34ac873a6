// filetest: reject
// A view is of one packet.
import { HashMap, Ipv4, drop, module, type u32 } from 'iovisor/module';

export const views = new HashMap<u32, Ipv4>(16); // error IOV4003@39: Ipv4 cannot be stored

export default module(() => drop('end'));
