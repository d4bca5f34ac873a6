// filetest: reject
// Bytes have at most 4096.
import { bytes, drop, module, type Bytes } from 'iovisor/module';

class Page { all: Bytes<65536> = bytes(65536) } // error IOV2003@19: 'Bytes<65536>' is no type of the module language

export default module(() => drop('end'));
