// filetest: reject
import { drop, module } from 'iovisor/module';

import * as all from 'iovisor/answer'; // error IOV1006@8
import 'iovisor/answer'; // error IOV1006@1
export * from 'iovisor/answer'; // error IOV1006@1

export default module(() => drop('end'));
