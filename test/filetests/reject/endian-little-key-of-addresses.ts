// filetest: reject
// An address as a plain u32 in a prefix.
import { LpmTrie, drop, module, type u32 } from 'iovisor/module';

export const routes = new LpmTrie<u32, u32>(64); // error IOV4004@23: u32 cannot be the key of an LpmTrie: it is not big-endian

export default module(() => drop('end'));
