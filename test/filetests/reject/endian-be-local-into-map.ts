// filetest: reject
// A prefix is counted from the first bit in memory: a port as u16 lies the wrong way round.
import { LpmTrie, drop, module, type u16, type u8 } from 'iovisor/module';

class Rule { way: u8 = 0; kind: u8 = 0; port: u16 = 0 }
export const rules = new LpmTrie<Rule, u8>(64); // error IOV4004@22: Rule cannot be the key of an LpmTrie: of 'port': it is not big-endian

export default module(() => drop('end'));
