// filetest: reject
// One struct that fills the stack.
import { HashMap, bytes, drop, module, type Bytes, type u32 } from 'iovisor/module';

class Big { a: Bytes<400> = bytes(400); b: Bytes<200> = bytes(200) }
export const all = new HashMap<u32, Big>(4);
export default module(pkt => { all.set(pkt.length, { a: bytes(400), b: bytes(200) }); return drop('end'); }); // error IOV6002@32: The program needs 600 bytes of stack, of 512
