// filetest: reject
// The end is a variable of 32 bits.
import { drop, module, type Packet, type u32 } from 'iovisor/module';

export function f(pkt: Packet): u32 { let sum: u32 = 0; for (let i = 0; i < pkt.length; i++) sum += i; return sum; } // error IOV5006@57: The loop has no proven bound: it may run 131070 times, of at most 4096

export default module(() => drop('end'));
