// filetest: reject
import { drop, Eth, ExpiringMap, HashMap, module, u32, u8, type Packet } from 'iovisor/module';

const a = new HashMap<Eth, u32>(4); // error IOV4003@23: Eth
const b = new HashMap<u32, Packet>(4); // error IOV4003@28: Packet
const c = new HashMap<u32 | undefined, u32>(4); // error IOV4003@23
const d = new ExpiringMap<u32, u32>(4); // error IOV2004@11: u32 where a class
class E { eth: u8 | undefined = undefined } // error IOV4003@16

export default module(() => drop('end'));
