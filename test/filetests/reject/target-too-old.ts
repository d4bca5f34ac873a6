// filetest: reject // error IOV6005@1: '4.19' is no target
// target: 4.19
import { drop, module } from 'iovisor/module';

export default module(() => drop('end'));
