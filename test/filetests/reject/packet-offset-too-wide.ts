// filetest: reject
// An offset has 16 bits.
import { Ipv4, drop, module, type Packet, type u8 } from 'iovisor/module';

export function f(pkt: Packet): u8 { return pkt.at(Ipv4, pkt.length).ttl; } // error IOV2006@58: u32 may not fit u16

export default module(() => drop('end'));
