// filetest: reject
import { drop, module } from 'iovisor/module';

enum Kind { A, B } // error IOV1009@1: enum

export default module(() => drop('end'));
