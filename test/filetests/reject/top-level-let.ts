// filetest: reject
import { drop, module } from 'iovisor/module';

let state = 0; // error IOV1009@1: 'let' at the top of a file

export default module(() => drop('end'));
