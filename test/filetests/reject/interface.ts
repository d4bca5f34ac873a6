// filetest: reject
import { drop, module, u8 } from 'iovisor/module';

interface Shape { a: u8 } // error IOV1009@1: interface

export default module(() => drop('end'));
