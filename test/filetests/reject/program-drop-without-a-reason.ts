// filetest: reject
// Why?
import { drop, module } from 'iovisor/module';

export default module(() => drop()); // error IOV2014@29: 'drop' takes 1 argument, not 0
