// filetest: reject
import { drop, module } from 'iovisor/module';

export default module({
  state: 'anywhere', // error IOV5016@10
  packet: () => drop('x'),
});
