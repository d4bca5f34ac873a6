// filetest: reject
// A ring is written only.
import { RingBuffer, drop, module, type u16 } from 'iovisor/module';

class Event { port: u16 = 0 }
export const events = new RingBuffer<Event>(4096);
export function f(): void { events.get(1); } // error IOV2013@36: 'events' has no 'get'

export default module(() => drop('end'));
