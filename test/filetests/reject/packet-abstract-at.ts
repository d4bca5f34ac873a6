// filetest: reject
// An abstract header is not at a place.
import { Ip, drop, module, type Packet, type u8 } from 'iovisor/module';

export function f(pkt: Packet): u8 { return pkt.at(Ip, 14).ttl; } // error IOV3002@52: A place in a packet never carries Ip

export default module(() => drop('end'));
