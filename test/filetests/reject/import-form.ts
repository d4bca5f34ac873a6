// filetest: reject
import { drop, module } from 'iovisor/module';

import * as all from 'iovisor/answer'; // error IOV1006
import 'iovisor/answer'; // error IOV1006
export * from 'iovisor/answer'; // error IOV1006

export default module(() => drop('end'));
