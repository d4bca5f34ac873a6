// filetest: reject
// A port has 16 bits.
import { module, to } from 'iovisor/module';

export default module(pkt => to(pkt.length)); // error IOV2006@33: u32 may not fit u16
