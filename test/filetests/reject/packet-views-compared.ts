// filetest: reject
// Views are not compared.
import { Eth, drop, module, type Packet } from 'iovisor/module';

export function f(pkt: Packet): boolean { return pkt.at(Eth) === pkt.at(Eth); } // error IOV2010@50: '===' does not work on Eth

export default module(() => drop('end'));
