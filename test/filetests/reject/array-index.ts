// filetest: reject
import { ArrayMap, drop, module, u16 } from 'iovisor/module';

class Place { port: u16 = 0 }
const slots = new ArrayMap<Place>(4);
export function f(): u16 { return slots.get(7)?.port ?? 0; } // error IOV4006@45: no entry 7
export function g(): u16 { return slots.get(3)?.port ?? 0; }

export default module(() => drop('end'));
