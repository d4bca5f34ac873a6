// filetest: reject
// A record is a struct.
import { RingBuffer, drop, module, type u32 } from 'iovisor/module';

export const events = new RingBuffer<u32>(4096); // error IOV2004@23: u32 where a class is needed

export default module(() => drop('end'));
