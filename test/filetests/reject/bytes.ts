// filetest: reject
import { bytes, drop, HashMap, module, u8, type Bytes } from 'iovisor/module';

class Key { id: Bytes<16> = bytes(16); tail: Bytes<4> = bytes(5) } // error IOV2004@57: Bytes<5> where Bytes<4>
const a = new HashMap<Key, u8>(4);

export default module(() => drop('end'));
