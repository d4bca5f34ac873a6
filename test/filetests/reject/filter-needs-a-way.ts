// filetest: reject
import { filter } from 'iovisor/module';

export default filter({ state: 'endpoint' }); // error IOV2019@23
