// filetest: reject
// A value that no map takes.
import { HashMap, drop, module, type Bytes, bytes, type u32 } from 'iovisor/module';

class Page { a: Bytes<4096> = bytes(4096); b: Bytes<4096> = bytes(4096); c: Bytes<4096> = bytes(4096); d: Bytes<4096> = bytes(4096) }
const page = new Page();
class Book { a: Page = page; b: Page = page; c: Page = page; d: Page = page; e: u32 = 0 } // error IOV4011@1: Book is too large: 65540 bytes, at most 65536
export const all = new HashMap<u32, Book>(4);

export default module(() => drop('end'));
