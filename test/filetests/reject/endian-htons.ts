// filetest: reject
// There is no ntohs: fields are read in host order.
import { Ipv4, drop, module, type u16 } from 'iovisor/module';

export function f(ip: Ipv4): u16 { return ntohs(ip.length); } // error IOV2001@43: Unknown name 'ntohs'

export default module(() => drop('end'));
