// filetest: reject
// A key that does not fit beside what is there.
import { HashMap, bytes, drop, module, type Bytes, type u32 } from 'iovisor/module';

class Name { text: Bytes<510> = bytes(510) }
export const names = new HashMap<Name, u32>(4);
export default module(() => { names.set({ text: bytes(510) }, 1); return drop('end'); }); // error IOV6002@31: The program needs 520 bytes of stack, of 512
