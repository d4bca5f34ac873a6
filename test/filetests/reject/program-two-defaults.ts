// filetest: reject
// Two programs.
import { drop, module } from 'iovisor/module';

export default module(() => drop('a'));
export default module(() => drop('b')); // error IOV2002@1: 'default' is declared twice
