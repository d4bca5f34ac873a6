// filetest: reject
import { drop, module, u16, type Packet } from 'iovisor/module';

class Place { port: u16 = 0 }
export function f(pkt: Packet): u16 { return pkt.at(Place).port; } // error IOV3001@53: 'Place'

export default module(() => drop('end'));
