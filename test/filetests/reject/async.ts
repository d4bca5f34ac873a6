// filetest: reject
import { drop, module } from 'iovisor/module';

export default module(async () => drop('x')); // error IOV1009@23: 'async'
