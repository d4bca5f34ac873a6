// filetest: reject
import { drop, LpmTrie, Mac, module, u16, u32, u8, type Ip6 } from 'iovisor/module';

class Loose { protocol: u8 = 0; who: Mac = Mac.zero }
class Tight { address: Ip6 = 0n; protocol: u8 = 0 }
class Little { port: u16 = 0 }
const a = new LpmTrie<Loose, u32>(16); // error IOV4004@11: padding before 'who'
const b = new LpmTrie<Tight, u32>(16);
const c = new LpmTrie<Little, u32>(16); // error IOV4004@11: not big-endian
export function f(t: Tight): u32 { return b.get(t) ?? 0; }

export default module(() => drop('end'));
